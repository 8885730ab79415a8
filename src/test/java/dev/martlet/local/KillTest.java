package dev.martlet.local;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.ReplaceOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` in the middle of concurrent writes, again and again on the same file.
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class KillTest {

    private static final int ROUNDS = Integer.getInteger("martlet.kill.rounds", 3);
    private static final int WRITERS = 16;

    @TempDir
    Path folder;

    private final Set<String> inserted = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> replaced = new ConcurrentHashMap<>();
    private volatile boolean killed;

    @Test
    void acknowledgedWrites_surviveKill() throws Exception {
        int lost = 0;
        for (int round = 0; round < ROUNDS; round++) {
            writeUntilKilled(round);
            lost += countLost();
        }
        System.out.printf("%d rounds, %d acknowledged inserts, %d lost%n", ROUNDS, inserted.size(), lost);
        assertEquals(0, lost);
    }

    private void writeUntilKilled(int round) throws Exception {
        int before = inserted.size();
        killed = false;
        try (var process = DatabaseProcess.start(folder, 0);
                var client = MongoClients.create(process.uri() + "&serverSelectionTimeoutMS=500")) {
            List<Thread> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int id = writer;
                writers.add(Thread.startVirtualThread(() -> write(collection(client), round, id)));
            }
            eventually(
                    Duration.ofMinutes(1),
                    () -> assertTrue(inserted.size() >= before + WRITERS, "the writers write nothing"));
            Thread.sleep(ThreadLocalRandom.current().nextInt(400));
            killed = true;
            process.kill();
            for (Thread writer : writers) {
                writer.join();
            }
        }
    }

    /// Until the database is killed: an insert, and a replacement with a higher number.
    private void write(MongoCollection<Document> collection, int round, int writer) {
        for (int i = 0; !killed; i++) {
            try {
                String id = round + "-" + writer + "-" + i;
                collection.insertOne(new Document("_id", id).append("text", "x".repeat(200)));
                inserted.add(id);
                int number = round * 1_000_000 + i;
                collection.replaceOne(
                        Filters.eq(writer), new Document("number", number), new ReplaceOptions().upsert(true));
                replaced.put(writer, number);
            } catch (MongoException e) {
                // Killed; or, on a busy machine, not there yet.
            }
        }
    }

    private int countLost() throws Exception {
        try (var process = DatabaseProcess.start(folder, 0);
                var client = MongoClients.create(process.uri())) {
            Set<String> found = new HashSet<>();
            int outdated = 0;
            for (Document document : collection(client).find().batchSize(10_000)) {
                if (document.get("_id") instanceof Integer writer) {
                    outdated += document.getInteger("number") < replaced.getOrDefault(writer, 0) ? 1 : 0;
                } else {
                    found.add(document.getString("_id"));
                }
            }
            assertEquals(143, process.stop(), "128 + SIGTERM");
            Set<String> missing = new HashSet<>(inserted);
            missing.removeAll(found);
            return missing.size() + outdated;
        }
    }

    private static MongoCollection<Document> collection(MongoClient client) {
        return client.getDatabase("martlet").getCollection("data");
    }
}
