package dev.martlet.local;

import static com.mongodb.client.model.Filters.eq;
import static com.mongodb.client.model.Updates.set;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoCommandException;
import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.FullDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A watcher of a collection is told each change once, in order.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ChangeStreamTest extends OnEmbeddedDatabase {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /// The driver's `tryNext` waits for a second, which many of these tests would wait more than once.
    private ChangeStreamIterable<Document> watch() {
        return collection.watch().fullDocument(FullDocument.UPDATE_LOOKUP).maxAwaitTime(200, TimeUnit.MILLISECONDS);
    }

    private static Document document(Object id, int number) {
        return new Document("_id", id).append("n", number);
    }

    private static String text(ChangeStreamDocument<Document> event) {
        Document full = event.getFullDocument();
        return event.getOperationTypeString() + " "
                + requireNonNull(event.getDocumentKey()).getString("_id").getValue()
                + (full == null ? "" : " " + full.getInteger("n"));
    }

    /// The next events. Fails if they do not come.
    private static List<String> take(MongoChangeStreamCursor<ChangeStreamDocument<Document>> stream, int count) {
        List<String> events = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (events.size() < count && System.nanoTime() < end) {
            ChangeStreamDocument<Document> event = stream.tryNext();
            if (event != null) {
                events.add(text(event));
            }
        }
        return events;
    }

    private static void assertNoMore(MongoChangeStreamCursor<ChangeStreamDocument<Document>> stream) {
        assertNull(stream.tryNext());
    }

    @Test
    void changes_areToldInTheirOrder() {
        collection.insertOne(document("before", 0));
        try (var stream = watch().cursor()) {
            collection.insertOne(document("a", 1));
            collection.insertMany(List.of(document("b", 2), document("c", 3), document("d", 4)));
            collection.replaceOne(eq("a"), document("a", 5));
            collection.replaceOne(eq("a"), document("a", 5)); // changes nothing
            collection.updateOne(eq("b"), set("n", 6));
            collection.deleteOne(eq("c"));
            collection.deleteOne(eq("c"));
            collection.deleteMany(eq("n", 4));
            database.database().getCollection("other").insertOne(document("z", 7));
            collection.insertOne(document("c", 8));

            assertEquals(
                    List.of(
                            "insert a 1",
                            "insert b 2",
                            "insert c 3",
                            "insert d 4",
                            "replace a 5",
                            "update b 6",
                            "delete c",
                            "delete d",
                            "insert c 8"),
                    take(stream, 9));
            assertNoMore(stream);
        }
    }

    /// Exactly the form that MongoDB documents, except for the numbers in it.
    @Test
    void event_isOfMongodbsForm() {
        try (var stream = collection.watch(BsonDocument.class).cursor()) {
            collection.insertOne(document("a", 1));
            ChangeStreamDocument<BsonDocument> event = stream.next();
            String token = event.getResumeToken().getString("_data").getValue();
            assertEquals(16, token.length());
            assertEquals(new BsonTimestamp(Long.parseUnsignedLong(token, 16)), event.getClusterTime());
            assertEquals("martlet.data", String.valueOf(event.getNamespace()));
            assertEquals(new BsonDocument("_id", new BsonString("a")), event.getDocumentKey());
            assertEquals("{\"_id\": \"a\", \"n\": 1}", String.valueOf(event.getFullDocument()));
            long seconds = System.currentTimeMillis() / 1000;
            assertTrue(Math.abs(requireNonNull(event.getClusterTime()).getTime() - seconds) < 60, event::toString);
        }
    }

    @Test
    void replacedDocument_isToldAsItWas() {
        try (var stream = watch().cursor()) {
            collection.insertOne(document("a", 0));
            for (int i = 1; i <= 5; i++) {
                collection.replaceOne(eq("a"), document("a", i));
            }
            collection.deleteOne(eq("a"));
            collection.insertOne(document("a", 9));

            assertEquals(
                    List.of(
                            "insert a 0",
                            "replace a 1",
                            "replace a 2",
                            "replace a 3",
                            "replace a 4",
                            "replace a 5",
                            "delete a",
                            "insert a 9"),
                    take(stream, 8));
        }
    }

    @Test
    void filter_leavesOutWhatItDoesNotMatch() {
        var inserts =
                List.of(Aggregates.match(eq("operationType", "insert")), Aggregates.match(eq("fullDocument.n", 2)));
        try (var stream = collection.watch(inserts).cursor()) {
            collection.insertMany(List.of(document("a", 1), document("b", 2)));
            collection.replaceOne(eq("a"), document("a", 2));

            assertEquals(List.of("insert b 2"), take(stream, 1));
            assertNoMore(stream);
        }
    }

    @Test
    void token_goesOnExactlyThere() {
        List<BsonDocument> tokens = new ArrayList<>();
        try (var stream = watch().cursor()) {
            for (int i = 0; i < 10; i++) {
                collection.insertOne(document("d" + i, i));
                tokens.add(stream.next().getResumeToken());
            }
        }
        for (int i = 0; i < 10; i++) {
            List<String> rest = IntStream.range(i + 1, 10)
                    .mapToObj(n -> "insert d" + n + " " + n)
                    .toList();
            try (var resumed = watch().resumeAfter(tokens.get(i)).batchSize(3).cursor()) {
                assertEquals(rest, take(resumed, rest.size()));
                assertNoMore(resumed);
            }
        }
    }

    @Test
    void clusterTime_isWhereAStreamCanBegin() {
        List<BsonTimestamp> times = new ArrayList<>();
        try (var stream = watch().cursor()) {
            collection.insertMany(List.of(document("a", 1), document("b", 2), document("c", 3)));
            for (int i = 0; i < 3; i++) {
                times.add(stream.next().getClusterTime());
            }
        }
        try (var stream = watch().startAtOperationTime(times.get(1)).cursor()) {
            assertEquals(List.of("insert b 2", "insert c 3"), take(stream, 2));
        }
        var longAgo = new BsonTimestamp(1, 1);
        assertEquals(286, code(() -> watch().startAtOperationTime(longAgo).cursor()));
    }

    @Test
    void token_isValidAfterARestart() throws Exception {
        BsonDocument token;
        BsonDocument atEnd;
        try (var stream = watch().cursor()) {
            collection.insertMany(List.of(document("a", 1), document("b", 2)));
            token = stream.next().getResumeToken();
            collection.replaceOne(eq("b"), document("b", 3));
            assertEquals(List.of("insert b 2", "replace b 3"), take(stream, 2));
            assertNoMore(stream);
            atEnd = stream.getResumeToken();
        }
        collection.replaceOne(eq("b"), document("b", 4));
        close();
        open();
        collection.deleteOne(eq("a"));
        try (var resumed = watch().resumeAfter(token).cursor()) {
            assertEquals(List.of("insert b 2", "replace b 3", "replace b 4", "delete a"), take(resumed, 4));
        }
        try (var resumed = watch().startAfter(atEnd).cursor()) {
            assertEquals(List.of("replace b 4", "delete a"), take(resumed, 2));
        }
    }

    private static int code(org.junit.jupiter.api.function.Executable action) {
        return assertThrows(MongoCommandException.class, action).getErrorCode();
    }

    @Test
    void token_thatIsTooOldIsRefused() throws Exception {
        try (var process = DatabaseProcess.start(folder.resolve("small"), 0, "-Dmartlet.local.changes=100");
                var client = MongoClients.create(process.uri())) {
            var documents = client.getDatabase("martlet").getCollection("data");
            List<BsonDocument> tokens = new ArrayList<>();
            try (var stream = documents.watch().cursor()) {
                for (int i = 0; i < 200; i++) {
                    documents.insertOne(document("d" + i, i));
                    tokens.add(stream.next().getResumeToken());
                }
            }
            MongoCommandException refused = assertThrows(
                    MongoCommandException.class,
                    () -> documents.watch().resumeAfter(tokens.getFirst()).cursor());
            assertEquals(286, refused.getErrorCode());
            assertEquals("ChangeStreamHistoryLost", refused.getErrorCodeName());
            assertEquals(
                    "what happened since then is not kept any more: read the collection, and watch from now on",
                    refused.getErrorMessage());
            try (var resumed = documents.watch().resumeAfter(tokens.get(99)).cursor()) {
                assertEquals(100, take(resumed, 100).size());
            }
        }
    }

    /// The bytes of replaced documents are bounded, to 64 MiB.
    @Test
    void largeReplacements_leaveFewerTokens() {
        List<BsonDocument> tokens = new ArrayList<>();
        try (var stream = watch().cursor()) {
            String text = "x".repeat(1 << 20);
            for (int i = 0; i < 80; i++) {
                collection.replaceOne(
                        eq("a"), document("a", i).append("text", text), new ReplaceOptions().upsert(true));
                tokens.add(stream.next().getResumeToken());
            }
        }
        assertEquals(286, code(() -> watch().resumeAfter(tokens.getFirst()).cursor()));
        try (var stream = watch().resumeAfter(tokens.get(69)).cursor()) {
            assertEquals(10, take(stream, 10).size());
        }
    }

    @Test
    void strangeToken_isRefused() {
        collection.insertOne(document("a", 1));
        watch().cursor().close();
        assertEquals(260, code(() -> watch().resumeAfter(BsonDocument.parse("{_data: '82'}"))
                .cursor()));
        assertEquals(286, code(() -> watch().resumeAfter(BsonDocument.parse("{_data: '7fffffffffffffff'}"))
                .cursor()));
    }

    @Test
    void droppedCollection_endsItsStream() {
        try (var stream = watch().cursor()) {
            collection.insertOne(document("a", 1));
            assertEquals(List.of("insert a 1"), take(stream, 1));
            collection.drop();
            collection.insertOne(document("b", 2));
            assertEquals(286, code(stream::tryNext));
        }
        try (var stream = watch().cursor()) {
            collection.insertOne(document("c", 3));
            assertEquals(List.of("insert c 3"), take(stream, 1));
        }
    }

    private Document cursor() {
        return database.database()
                .runCommand(new Document("aggregate", "data")
                        .append("pipeline", List.of(new Document("$changeStream", new Document())))
                        .append("cursor", new Document("batchSize", 10)))
                .get("cursor", Document.class);
    }

    private Document more(Document cursor, int millis) {
        return database.database()
                .runCommand(new Document("getMore", cursor.getLong("id"))
                        .append("collection", "data")
                        .append("maxTimeMS", millis))
                .get("cursor", Document.class);
    }

    @Test
    void getMore_waitsForAChange() throws Exception {
        Document cursor = cursor();
        assertEquals(List.of(), cursor.getList("firstBatch", Document.class));
        Document token = cursor.get("postBatchResumeToken", Document.class);
        long started = System.nanoTime();
        Document empty = more(cursor, 300);
        assertTrue(System.nanoTime() - started >= 290_000_000L, "it did not wait");
        assertEquals(List.of(), empty.getList("nextBatch", Document.class));
        assertEquals(token, empty.get("postBatchResumeToken"));
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Document> waiting = executor.submit(() -> more(cursor, 60_000));
            Thread.sleep(200);
            collection.insertOne(document("a", 1));
            List<Document> events = waiting.get().getList("nextBatch", Document.class);
            assertEquals(1, events.size());
            assertEquals(events.getFirst().get("_id"), more(cursor, 1).get("postBatchResumeToken"));
        }
    }

    @Test
    void killCursors_endsAWait() throws Exception {
        Document cursor = cursor();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> waiting = executor.submit(() -> code(() -> more(cursor, 60_000)));
            Thread.sleep(200);
            long started = System.nanoTime();
            database.database()
                    .runCommand(new Document("killCursors", "data").append("cursors", List.of(cursor.getLong("id"))));
            assertEquals(237, waiting.get());
            assertTrue(System.nanoTime() - started < 5e9, "it went on waiting");
        }
        assertEquals(43, code(() -> more(cursor, 1)));
    }

    /// More watchers than processors, and more than threads for queries.
    @Test
    void waiting_keepsNobodyFromAnything() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Document>> waiting = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                Document cursor = cursor();
                waiting.add(executor.submit(() -> more(cursor, 60_000)));
            }
            Thread.sleep(500);
            long started = System.nanoTime();
            assertEquals(0, collection.countDocuments(eq("n", 1)));
            assertEquals(List.of(), collection.find().sort(new Document("n", 1)).into(new ArrayList<>()));
            assertTrue(System.nanoTime() - started < 10e9, "queries waited too");
            collection.insertOne(document("a", 1));
            for (Future<Document> each : waiting) {
                assertEquals(1, each.get().getList("nextBatch", Document.class).size());
            }
        }
    }

    @Test
    void unknownOptions_areRefused() {
        Document stage = new Document("$changeStream", new Document("showExpandedEvents", true));
        assertEquals(40415, code(() -> collection.aggregate(List.of(stage)).first()));
        assertEquals(
                40324, code(() -> collection.watch(List.of(Aggregates.limit(1))).cursor()));
    }
}
