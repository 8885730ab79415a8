package dev.martlet;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.martlet.store.Access;
import dev.martlet.store.CommandSpans;
import io.helidon.dbclient.mongodb.MongoDbClientProvider;

/// The connection to MongoDB. Helidon's `DbClient` is made only here.
///
/// `DbClient` connects. Documents go through the driver's own `MongoDatabase`: a statement of `DbClient` is JSON
/// text, which is parsed at each call and cannot hold every document.
final class Database implements AutoCloseable {

    private final Access access;

    private Database(Access access) {
        this.access = access;
    }

    /// Prepares the connection. It does not ask whether the database answers, which may start later.
    ///
    /// @param traced whether spans of the commands are kept; `DbClient` has no way for that
    static Database connect(String uri, Settings settings, boolean traced) {
        settings.mongoTlsCaFile().ifPresent(TlsAuthority::trust);
        String given = MongoUri.withCredentials(uri, settings.credentials());
        String url = MongoUri.complete(given, settings.requestTimeout());
        MongoClient client = traced
                ? MongoClients.create(MongoClientSettings.builder()
                        .applyConnectionString(new ConnectionString(url))
                        .addCommandListener(new CommandSpans())
                        .build())
                : new MongoDbClientProvider().builder().url(url).build().unwrap(MongoClient.class);
        return new Database(
                new Access(client, settings.mongoDatabase(), MongoUri.connections(url), MongoUri.retryWrites(given)));
    }

    Access access() {
        return access;
    }

    /// `DbClient.close()` does nothing (Helidon 4.1). The driver's client holds the sockets.
    @Override
    public void close() {
        access.client().close();
    }
}
