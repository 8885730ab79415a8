package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bson.Document;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedDatabaseTest {

    @TempDir
    Path folder;

    private static @Nullable String failure(Path folder) {
        return assertThrows(
                        IOException.class, () -> EmbeddedDatabase.open(folder).close())
                .getMessage();
    }

    @Test
    void newFolder_isCreated() throws Exception {
        Path nested = folder.resolve("a/b");
        EmbeddedDatabase.open(nested).close();
        assertTrue(Files.isRegularFile(nested.resolve("martlet.db")));
    }

    @Test
    void secondOpenInProcess_isRefused() throws Exception {
        try (var database = new TestDatabase(folder)) {
            assertEquals(
                    "the database in " + folder
                            + " is in use by another process: stop that one, or set DATA_DIR to another folder",
                    failure(folder));
            database.collection().insertOne(new Document());
            assertThrows(IOException.class, () -> DatabaseProcess.start(folder, 0), "the first one lost its lock");
        }
        EmbeddedDatabase.open(folder).close();
    }

    @Test
    void secondProcess_isRefused() throws Exception {
        try (var _ = new TestDatabase(folder)) {
            assertEquals(
                    "the database in " + folder
                            + " is in use by another process: stop that one, or set DATA_DIR to another folder",
                    assertThrows(IOException.class, () -> DatabaseProcess.start(folder, 0))
                            .getMessage());
        }
        try (var process = DatabaseProcess.start(folder, 0)) {
            assertTrue(String.valueOf(failure(folder)).contains("in use"));
            assertEquals(128 + 15, process.stop());
        }
        EmbeddedDatabase.open(folder).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "this is a text, and not a database. "})
    void foreignFile_isRefusedAndKept(String text) throws Exception {
        Path file = folder.resolve("martlet.db");
        String content = text.repeat(text.length() == 1 ? 1 : 1000);
        Files.writeString(file, content);
        assertEquals(
                file + " is no database, or is damaged: move it away, or set DATA_DIR to another folder",
                failure(folder));
        assertEquals(content, Files.readString(file));
    }

    /// mongo-java-server kept each collection in a map of its own name.
    @Test
    void fileOfTheEarlierEngine_isRefusedAndKept() throws Exception {
        Path file = folder.toRealPath().resolve("martlet.db");
        try (MVStore store = MVStore.open(file.toString())) {
            store.openMap("martlet.data").put("a", "b");
        }
        byte[] before = Files.readAllBytes(file);
        assertEquals(
                file + " was written by an earlier version of Martlet, with another engine, or by another program: save"
                        + " its documents with that version (GET /data), and then move it away, or set DATA_DIR to"
                        + " another folder",
                failure(folder));
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void fileInPlaceOfFolder_isRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertEquals(
                "cannot create the folder " + file
                        + " for the embedded database: set DATA_DIR to a folder that can be written",
                failure(file));
    }

    @Test
    void folderInPlaceOfFile_isRefused() throws Exception {
        Path file = Files.createDirectory(folder.resolve("martlet.db"));
        assertEquals(file + " cannot be written: make it writable, or set DATA_DIR to another folder", failure(folder));
    }

    @Test
    void takenPort_isRefusedAndFileReleased() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThrows(
                    BindException.class,
                    () -> EmbeddedDatabase.open(folder, taken.getLocalPort(), Duration.ofSeconds(15)));
        }
        EmbeddedDatabase.open(folder).close();
    }

    @Test
    void port_isOnLoopbackOnly() throws Exception {
        try (var database = EmbeddedDatabase.open(folder)) {
            URI uri = URI.create(database.uri());
            assertEquals("127.0.0.1", uri.getHost());
            assertThrows(BindException.class, () -> new ServerSocket(uri.getPort(), 1, InetAddress.getLoopbackAddress())
                    .close());
            new ServerSocket(uri.getPort(), 1, InetAddress.getByName("127.0.0.2")).close();
        }
    }

    @Test
    void close_isQuickAndLeavesNothingRunning() throws Exception {
        Set<Thread> before = liveThreads();
        var database = EmbeddedDatabase.open(folder);
        try (var client = MongoClients.create(database.uri())) {
            MongoCollection<Document> collection = client.getDatabase("martlet").getCollection("data");
            collection.insertOne(new Document("_id", 1));
            long start = System.nanoTime();
            database.close();
            assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(5));
            database.close();
        }
        List<String> left = liveThreads().stream()
                .filter(thread -> !before.contains(thread) && !thread.isDaemon())
                .map(Thread::getName)
                .toList();
        assertEquals(List.of(), left);
    }

    private static Set<Thread> liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .collect(Collectors.toSet());
    }

    @Test
    void manyDatabases_surviveRestart() throws Exception {
        try (var database = EmbeddedDatabase.open(folder);
                var client = MongoClients.create(database.uri())) {
            for (String name : List.of("one", "two", "one-more")) {
                client.getDatabase(name).getCollection("a.b").insertOne(new Document("_id", name));
            }
        }
        try (var database = EmbeddedDatabase.open(folder);
                var client = MongoClients.create(database.uri())) {
            for (String name : List.of("one", "two", "one-more")) {
                assertEquals(
                        List.of(new Document("_id", name)),
                        client.getDatabase(name).getCollection("a.b").find().into(new ArrayList<>()));
            }
            assertEquals(
                    List.of("a.b"),
                    client.getDatabase("one").listCollectionNames().into(new ArrayList<>()));
        }
    }

    @Test
    void fileBesideOpenCursor_reusesItsSpace() throws Exception {
        try (var database = new TestDatabase(folder)) {
            MongoCollection<Document> collection = database.collection();
            collection.insertMany(IntStream.range(0, 2000)
                    .mapToObj(i -> new Document("_id", i).append("text", "x".repeat(500)))
                    .toList());
            try (var cursor = collection.find().batchSize(10).iterator()) {
                for (int i = 0; i < 300; i++) {
                    collection.replaceOne(Filters.eq((i * 37) % 2000), new Document("text", "y".repeat(500)));
                }
                cursor.forEachRemaining(document -> {});
            }
            long size = Files.size(folder.resolve("martlet.db"));
            assertTrue(size < 5_000_000, size + " bytes for 1 MB of documents; without reuse it would be 6.7 MB");
        }
    }
}
