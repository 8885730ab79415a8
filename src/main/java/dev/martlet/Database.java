package dev.martlet;

import com.mongodb.ConnectionString;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import com.mongodb.connection.ConnectionPoolSettings;
import dev.martlet.Settings.Credentials;
import io.helidon.dbclient.mongodb.MongoDbClientProvider;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The connection to MongoDB: the one place where Helidon's `DbClient` is made.
///
/// `DbClient` connects; documents go through the driver's own `MongoDatabase`, because a `DbClient` statement is JSON
/// text that is parsed at each call, and cannot carry an arbitrary document.
final class Database implements AutoCloseable {

    private final MongoClient client;
    private final MongoDatabase database;
    private final int connections;

    private Database(MongoClient client, MongoDatabase database, int connections) {
        this.client = client;
        this.database = database;
        this.connections = connections;
    }

    /// Prepares the connection. Whether the database answers is not asked here: it may come later.
    static Database connect(String uri, Settings settings) {
        String url = uriWithDefaults(withCredentials(uri, settings.credentials()), settings.requestTimeout());
        var client = new MongoDbClientProvider().builder().url(url).build().unwrap(MongoClient.class);
        return new Database(client, client.getDatabase(settings.mongoDatabase()), connections(url));
    }

    /// How many connections a client with this URI opens at most to one server.
    static int connections(String uri) {
        int given = Objects.requireNonNullElse(
                new ConnectionString(uri).getMaxConnectionPoolSize(),
                ConnectionPoolSettings.builder().build().getMaxSize());
        return given == 0 ? Integer.MAX_VALUE : given;
    }

    int connections() {
        return connections;
    }

    MongoDatabase mongo() {
        return database;
    }

    /// `DbClient.close()` does nothing (Helidon 4.1): the driver's client is what holds the sockets.
    @Override
    public void close() {
        client.close();
    }

    /// One URI rather than Helidon's separate `username` and `password`, which ignore the URI's `authSource`.
    static String withCredentials(String uri, Optional<Credentials> credentials) {
        return credentials
                .map(user -> uri.replaceFirst(
                        "://", "://" + encoded(user.username()) + ":" + encoded(user.password()) + "@"))
                .orElse(uri);
    }

    private static String encoded(String text) {
        // URLEncoder writes form encoding, where a space is `+`; its output holds no character special to
        // replaceFirst.
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /// Adds what the driver's own defaults leave open, unless the URI says otherwise.
    static String uriWithDefaults(String uri, Duration requestTimeout) {
        Map<String, String> defaults = new LinkedHashMap<>();
        // Bounds selection, pool wait and I/O of one operation together (default: none).
        defaults.put("timeoutMS", Long.toString(requestTimeout.toMillis()));
        // Short, because the store asks again until the request's own deadline, and notices an open breaker in
        // between.
        defaults.put("serverSelectionTimeoutMS", "2000");
        defaults.put("connectTimeoutMS", "2000");
        // A burst of new connections should not queue two by two (default 2); a few stand ready for the first
        // requests.
        defaults.put("maxConnecting", "8");
        defaults.put("minPoolSize", Integer.toString(Math.min(2, connections(uri))));
        defaults.put("w", "majority");
        defaults.put("appName", "martlet");

        int query = uri.indexOf('?');
        String given = query < 0 ? "" : uri.substring(query + 1).toLowerCase(java.util.Locale.ROOT);
        var complete = new StringBuilder(uri);
        if (query < 0 && uri.indexOf('/', uri.indexOf("://") + 3) < 0) {
            complete.append('/');
        }
        char separator = query < 0 ? '?' : '&';
        for (var option : defaults.entrySet()) {
            if (!("&" + given).contains("&" + option.getKey().toLowerCase(java.util.Locale.ROOT) + "=")) {
                complete.append(separator).append(option.getKey()).append('=').append(option.getValue());
                separator = '&';
            }
        }
        return complete.toString();
    }
}
