package dev.martlet.local;

import static com.mongodb.client.model.Filters.eq;
import static dev.martlet.Eventually.eventually;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.FullDocument;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` while somebody watches: what was told is there, and what was acknowledged is told, once.
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class WatchedKillTest {

    private static final int ROUNDS = Integer.getInteger("martlet.kill.rounds", 3);
    private static final int WRITERS = 8;

    @TempDir
    Path folder;

    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private volatile @Nullable BsonDocument token;
    private volatile boolean killed;

    @Test
    void acknowledgedChanges_areToldOnceThroughKills() throws Exception {
        try (var process = DatabaseProcess.start(folder, 0);
                var client = MongoClients.create(process.uri());
                var stream = collection(client).watch().cursor()) {
            note(stream.tryNext());
            token = stream.getResumeToken();
        }
        for (int round = 0; round < ROUNDS; round++) {
            writeUntilKilled(round);
            catchUp();
        }
        assertEquals(told.size(), new HashSet<>(told).size(), "told twice");
        Set<String> missed = new HashSet<>(acknowledged);
        missed.removeAll(told);
        System.out.printf(
                "%d rounds, %d acknowledged, %d told, %d missed%n",
                ROUNDS, acknowledged.size(), told.size(), missed.size());
        assertEquals(Set.of(), missed);
    }

    private void writeUntilKilled(int round) throws Exception {
        int before = acknowledged.size();
        killed = false;
        try (var process = DatabaseProcess.start(folder, 0);
                var client = MongoClients.create(process.uri() + "&serverSelectionTimeoutMS=500")) {
            List<Thread> threads = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int id = writer;
                threads.add(Thread.startVirtualThread(() -> write(collection(client), round, id)));
            }
            threads.add(Thread.startVirtualThread(() -> watch(client)));
            eventually(
                    Duration.ofMinutes(1),
                    () -> assertTrue(acknowledged.size() >= before + WRITERS, "the writers write nothing"));
            Thread.sleep(ThreadLocalRandom.current().nextInt(400));
            killed = true;
            process.kill();
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /// Inserts, replaces and removes; each document says which write made it.
    private void write(MongoCollection<Document> documents, int round, int writer) {
        for (int i = 0; !killed; i++) {
            String id = round + "-" + writer + "-" + i;
            try {
                documents.insertOne(new Document("_id", id).append("n", 0));
                acknowledged.add("insert " + id + " 0");
                documents.replaceOne(eq(id), new Document("n", 1));
                acknowledged.add("replace " + id + " 1");
                if (i % 2 == 0) {
                    documents.deleteOne(eq(id));
                    acknowledged.add("delete " + id);
                }
            } catch (MongoException e) {
                // Killed; or, on a busy machine, not there yet.
            }
        }
    }

    private void watch(MongoClient client) {
        try (var stream = collection(client)
                .watch()
                .fullDocument(FullDocument.UPDATE_LOOKUP)
                .resumeAfter(token)
                .cursor()) {
            while (!killed) {
                note(stream.tryNext());
            }
        } catch (MongoException e) {
            // Killed.
        }
    }

    private void note(@Nullable ChangeStreamDocument<Document> event) {
        if (event != null) {
            Document full = event.getFullDocument();
            told.add(event.getOperationTypeString() + " "
                    + requireNonNull(event.getDocumentKey()).getString("_id").getValue()
                    + (full == null ? "" : " " + full.getInteger("n")));
            token = event.getResumeToken();
        }
    }

    private void catchUp() throws Exception {
        try (var process = DatabaseProcess.start(folder, 0);
                var client = MongoClients.create(process.uri())) {
            try (var stream = collection(client)
                    .watch()
                    .resumeAfter(token)
                    .maxAwaitTime(100, TimeUnit.MILLISECONDS)
                    .cursor()) {
                // What was told before the kill is stored. Otherwise its token would be unknown.
                for (ChangeStreamDocument<Document> event; (event = stream.tryNext()) != null; ) {
                    note(event);
                }
            }
            Set<String> left = new HashSet<>();
            for (Document document : collection(client).find().batchSize(10_000)) {
                left.add(document.getString("_id"));
            }
            Set<String> expected = new HashSet<>();
            for (String event : told) {
                String[] parts = event.split(" ", -1);
                if (parts[0].equals("delete")) {
                    expected.remove(parts[1]);
                } else {
                    expected.add(parts[1]);
                }
            }
            assertEquals(expected, left, "what was told is not what is there");
        }
    }

    private static MongoCollection<Document> collection(MongoClient client) {
        return client.getDatabase("martlet").getCollection("data");
    }
}
