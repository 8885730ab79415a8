package dev.martlet.local;

import static com.mongodb.client.model.Filters.eq;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that refuses writes.
class DiskTest {

    private static final String TEXT = "x".repeat(20_000);

    @TempDir
    Path folder;

    private final List<Integer> acknowledged = new ArrayList<>();

    /// The limit of the process stands for a disk that is full: the system refuses to make the file larger.
    private static void limitFileSize(DatabaseProcess process, String limit) throws Exception {
        Process prlimit = new ProcessBuilder("prlimit", "--pid=" + process.pid(), "--fsize=" + limit + ":unlimited")
                .redirectErrorStream(true)
                .start();
        assertEquals(0, prlimit.waitFor(), () -> {
            try {
                return prlimit.inputReader().readAllAsString();
            } catch (IOException e) {
                return e.toString();
            }
        });
    }

    private void insert(MongoCollection<Document> collection) {
        int id = acknowledged.size();
        collection.insertOne(new Document("_id", id).append("text", TEXT));
        acknowledged.add(id);
    }

    private void assertNothingLost(MongoCollection<Document> collection) {
        List<Integer> found = new ArrayList<>();
        for (Document document : collection.find(new Document("_id", new Document("$type", "int")))) {
            assertEquals(TEXT, document.getString("text"));
            found.add(document.getInteger("_id"));
        }
        assertTrue(found.containsAll(acknowledged), found.size() + " of " + acknowledged.size());
    }

    @Test
    void fullDisk_refusesWritesAndRecovers() throws Exception {
        try (var process = DatabaseProcess.start(folder, 0);
                var client = MongoClients.create(process.uri())) {
            MongoCollection<Document> collection = client.getDatabase("martlet").getCollection("data");
            for (int i = 0; i < 10; i++) {
                insert(collection);
            }
            limitFileSize(process, Long.toString(Files.size(folder.resolve("martlet.db")) + 200_000));
            MongoCommandException refused = assertThrows(MongoCommandException.class, () -> {
                for (int i = 0; i < 1000; i++) {
                    insert(collection);
                }
            });
            assertEquals(14031, refused.getErrorCode());
            assertEquals(
                    "the disk of " + folder.toRealPath().resolve("martlet.db")
                            + " is full: make room, and writing goes on by itself",
                    refused.getErrorMessage());
            for (int i = 0; i < 5; i++) {
                assertNothingLost(collection);
                assertThrows(MongoException.class, () -> collection.deleteOne(eq(1)));
                Thread.sleep(300);
            }
            limitFileSize(process, "unlimited");
            long started = System.nanoTime();
            while (true) {
                try {
                    insert(collection);
                    break;
                } catch (MongoCommandException e) {
                    assertEquals(14031, e.getErrorCode());
                    assertTrue(System.nanoTime() - started < 5e9, "not noticed within 5 s");
                    Thread.sleep(50);
                }
            }
            assertNothingLost(collection);
            process.kill();
        }
        try (var again = new TestDatabase(folder)) {
            assertNothingLost(again.collection());
        }
    }

    @Test
    void removedFile_refusesWritesUntilItIsBack() throws Exception {
        Path file = folder.resolve("martlet.db");
        try (var database = new TestDatabase(folder)) {
            MongoCollection<Document> collection = database.collection();
            insert(collection);
            Files.move(file, folder.resolve("elsewhere"));
            MongoCommandException refused = assertThrows(MongoCommandException.class, () -> insert(collection));
            assertEquals(
                    folder.toRealPath().resolve("martlet.db")
                            + " was removed or replaced: put it back, or restart with what is there now",
                    refused.getErrorMessage());
            assertNothingLost(collection);
            Files.move(folder.resolve("elsewhere"), file);
            Thread.sleep(3000);
            insert(collection);
            assertNothingLost(collection);
        }
        try (var again = new TestDatabase(folder)) {
            assertNothingLost(again.collection());
        }
    }
}
