package dev.martlet;

import com.mongodb.ConnectionString;
import com.mongodb.ReadConcernLevel;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.connection.ConnectionPoolSettings;
import dev.martlet.http.PercentEncoding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// `MONGODB_URI`, as it is given and as the driver gets it.
final class MongoUri {

    private MongoUri() {}

    /// One URI rather than Helidon's separate `username` and `password`, which ignore the URI's `authSource`.
    static String withCredentials(String uri, Optional<Credentials> credentials) {
        // Percent-encoded text has no character that is special to replaceFirst.
        return credentials
                .map(user -> uri.replaceFirst(
                        "://",
                        "://" + PercentEncoding.encode(user.username()) + ":" + PercentEncoding.encode(user.password())
                                + "@"))
                .orElse(uri);
    }

    /// The option that would break a promise of the README, and the promise. Empty if there is none.
    static Optional<String> brokenPromise(ConnectionString uri) {
        WriteConcern concern = uri.getWriteConcern();
        if (concern != null && !"majority".equals(concern.getWObject())) {
            return Optional.of("w other than majority, so that an acknowledged write could be lost");
        }
        if (concern != null && Boolean.FALSE.equals(concern.getJournal())) {
            return Optional.of("journal=false, so that an acknowledged write could be lost");
        }
        ReadPreference preference = uri.getReadPreference();
        if (preference != null && !preference.equals(ReadPreference.primary())) {
            return Optional.of("readPreference other than primary, so that what was POSTed might not be what is GET");
        }
        ReadConcernLevel level =
                uri.getReadConcern() == null ? null : uri.getReadConcern().getLevel();
        if (level != null && level != ReadConcernLevel.MAJORITY) {
            return Optional.of("readConcernLevel other than majority, so that what was GET could be rolled back");
        }
        return Optional.empty();
    }

    /// Whether writes may have transaction numbers, by which the database recognises copies of a write.
    static boolean retryWrites(String uri) {
        return !Boolean.FALSE.equals(new ConnectionString(uri).getRetryWritesValue());
    }

    /// How many connections a client with this URI opens at most to one server.
    static int connections(String uri) {
        int given = Objects.requireNonNullElse(
                new ConnectionString(uri).getMaxConnectionPoolSize(),
                ConnectionPoolSettings.builder().build().getMaxSize());
        return given == 0 ? Integer.MAX_VALUE : given;
    }

    /// Adds options that the driver leaves open, unless the URI has them. Turns off what the store does itself.
    static String complete(String uri, Duration requestTimeout) {
        Map<String, String> options = new LinkedHashMap<>();
        // Limits selection, waiting for the pool and I/O of one operation together (default: no limit).
        options.put("timeoutMS", Long.toString(requestTimeout.toMillis()));
        // Short, because the store asks again until the request's own deadline, and notices an open breaker in
        // between.
        options.put("serverSelectionTimeoutMS", "2000");
        options.put("connectTimeoutMS", "2000");
        // A burst of new connections should not queue two by two (default 2). A few are ready for the first
        // requests.
        options.put("maxConnecting", "8");
        options.put("minPoolSize", Integer.toString(Math.min(2, connections(uri))));
        options.put("w", "majority");
        options.put("appName", "martlet");

        int query = uri.indexOf('?');
        List<String> given = new ArrayList<>();
        if (query >= 0) {
            given.addAll(Arrays.asList(uri.substring(query + 1).split("[&;]")));
        }
        given.removeIf(option -> List.of("", "retryreads", "retrywrites").contains(name(option)));
        List<String> names = given.stream().map(MongoUri::name).toList();
        options.forEach((name, value) -> {
            if (!names.contains(name(name))) {
                given.add(name + "=" + value);
            }
        });
        // The driver would repeat without limit and without pause.
        given.add("retryReads=false");
        given.add("retryWrites=false");

        String base = query < 0 ? uri : uri.substring(0, query);
        boolean path = base.indexOf('/', base.indexOf("://") + 3) >= 0;
        return base + (path ? "?" : "/?") + String.join("&", given);
    }

    private static String name(String option) {
        int end = option.indexOf('=');
        return (end < 0 ? option : option.substring(0, end)).toLowerCase(Locale.ROOT);
    }
}
