package dev.martlet;

import com.mongodb.ConnectionString;
import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import dev.martlet.local.EmbeddedDatabase;
import dev.martlet.store.Access;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/// The database that the tests of one JVM share. Each test has a collection of its own. It is the embedded
/// database, or that of `MARTLET_TEST_MONGODB_URI`, where the collections are dropped at the end. If the URI names
/// a database, it is used.
///
/// Tests of faults bring their own database, in a process of its own or behind a proxy.
public final class SharedDatabase {

    private static final String GIVEN = Objects.requireNonNullElse(System.getenv("MARTLET_TEST_MONGODB_URI"), "");
    private static final String URI = GIVEN.isEmpty() ? embedded() : GIVEN;
    private static final MongoClient CLIENT = MongoClients.create(URI);
    private static final MongoClient STORES = MongoClients.create(MongoUri.complete(URI, Duration.ofSeconds(15)));
    private static final String PREFIX = "test-" + ProcessHandle.current().pid() + "-";
    private static final AtomicInteger COLLECTIONS = new AtomicInteger();
    private static final String DATABASE =
            Objects.requireNonNullElse(new ConnectionString(URI).getDatabase(), "martlet-test");

    static {
        if (!GIVEN.isEmpty()) {
            Runtime.getRuntime().addShutdownHook(new Thread(SharedDatabase::drop));
        }
    }

    private SharedDatabase() {}

    public static String uri() {
        return URI;
    }

    /// A client that knows nothing of Martlet.
    public static MongoDatabase driver() {
        return CLIENT.getDatabase(DATABASE);
    }

    /// Access for a store, as the service makes it.
    public static Access access(MongoClient client) {
        return new Access(client, driver().getName(), 100, MongoUri.retryWrites(URI));
    }

    public static Access access() {
        return access(STORES);
    }

    /// A standalone has none: https://www.mongodb.com/docs/manual/changeStreams/#availability
    public static boolean hasChangeStreams() {
        try (var _ = driver().getCollection("streams").watch().cursor()) {
            return true;
        } catch (MongoException e) {
            return false;
        }
    }

    public static String freshCollection() {
        return PREFIX + COLLECTIONS.incrementAndGet();
    }

    /// The collections of this JVM, and those that the service keeps beside them.
    private static void drop() {
        driver().listCollectionNames().into(new ArrayList<>()).stream()
                .filter(name -> name.startsWith(PREFIX))
                .forEach(name -> driver().getCollection(name).drop());
    }

    private static String embedded() {
        try {
            Path folder = Files.createTempDirectory("martlet-test");
            EmbeddedDatabase database = EmbeddedDatabase.open(folder);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                database.close();
                delete(folder);
            }));
            return database.uri();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
