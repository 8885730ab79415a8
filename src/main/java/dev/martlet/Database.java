package dev.martlet;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.martlet.store.Access;
import dev.martlet.store.CommandSpans;
import io.helidon.dbclient.mongodb.MongoDbClientProvider;

/// The connection to MongoDB: the one place where Helidon's `DbClient` is made.
///
/// `DbClient` connects; documents go through the driver's own `MongoDatabase`, because a `DbClient` statement is JSON
/// text that is parsed at each call, and cannot carry an arbitrary document.
final class Database implements AutoCloseable {

    private final Access access;

    private Database(Access access) {
        this.access = access;
    }

    /// Prepares the connection. Whether the database answers is not asked here: it may come later.
    ///
    /// @param traced whether spans of the commands are kept: `DbClient` has no way for that
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

    /// `DbClient.close()` does nothing (Helidon 4.1): the driver's client is what holds the sockets.
    @Override
    public void close() {
        access.client().close();
    }
}
