package dev.martlet.local;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoExecutionTimeoutException;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.IndexOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QueriesTest extends OnEmbeddedDatabase {

    private static Integer forEver() {
        while (true) {
            Work.check();
        }
    }

    @Test
    void query_endsAtItsTime() {
        try (var queries = new Queries(Duration.ofSeconds(15))) {
            CommandFailure ended = assertThrows(
                    CommandFailure.class, () -> queries.run(Duration.ofMillis(100), () -> false, QueriesTest::forEver));
            assertEquals("operation exceeded time limit", ended.getMessage());
        }
    }

    @Test
    void queryThatNobodyWaitsFor_ends() {
        var left = new AtomicBoolean();
        try (var queries = new Queries(Duration.ofSeconds(15))) {
            Thread.startVirtualThread(() -> left.set(true));
            CommandFailure ended = assertThrows(
                    CommandFailure.class, () -> queries.run(Duration.ofMinutes(1), left::get, QueriesTest::forEver));
            assertEquals("the client has left", ended.getMessage());
        }
    }

    /// There are more endless queries than processors. Others get their turn all the same.
    @Test
    void queries_takeTurns() {
        try (var queries = new Queries(Duration.ofSeconds(15))) {
            var over = new AtomicBoolean();
            for (int i = 0; i < 3 * Runtime.getRuntime().availableProcessors(); i++) {
                Thread.startVirtualThread(() -> {
                    try {
                        queries.run(Duration.ofMinutes(1), over::get, QueriesTest::forEver);
                    } catch (CommandFailure e) {
                        // The test has ended.
                    }
                });
            }
            for (int i = 0; i < 10; i++) {
                assertEquals(1, queries.run(Duration.ofSeconds(10), () -> false, () -> 1));
            }
            over.set(true);
        }
    }

    @Test
    void maxTime_isHonoured() {
        String text = "a".repeat(20_000);
        for (int i = 0; i < 10; i++) {
            collection.insertMany(IntStream.range(0, 100)
                    .mapToObj(each -> new Document("s", text))
                    .toList());
        }
        long started = System.nanoTime();
        assertThrows(MongoExecutionTimeoutException.class, () -> collection
                .find(Filters.regex("s", "(a*a*)*b"))
                .maxTime(50, TimeUnit.MILLISECONDS)
                .first());
        assertTrue(System.nanoTime() - started < 5e9, "it took longer than its time");
    }

    @Test
    void sortBeyondItsMemory_isRefused() {
        var memory = new SortMemory(8 << 20);
        try (var share = memory.reserve(Duration.ZERO)) {
            var sorted = new SortedKeys(SortKey.parse(Documents.raw(BsonDocument.parse("{v: 1}"))), 0, share);
            CommandFailure refused = assertThrows(CommandFailure.class, () -> {
                for (int i = 0; i < 100_000; i++) {
                    RawBsonDocument document = RawBsonDocument.parse("{_id: " + i + ", v: " + i + "}");
                    sorted.add(Keys.of(document), document);
                }
            });
            assertEquals(
                    "Sort exceeded memory limit of 1048576 bytes: sort fewer documents with a filter, or ask for the first"
                            + " with a limit",
                    refused.getMessage());
            try (var second = memory.reserve(Duration.ZERO)) {
                assertThrows(CommandFailure.class, () -> memory.reserve(Duration.ofMillis(10)));
                second.shrinkTo(0);
            }
            memory.reserve(Duration.ZERO).close();
        }
    }

    @Test
    void limitedSort_holdsNoMoreThanItsLimit() {
        var memory = new SortMemory(8 << 20);
        try (var share = memory.reserve(Duration.ZERO)) {
            var sorted = new SortedKeys(SortKey.parse(BsonDocument.parse("{v: -1}")), 3, share);
            for (int i = 0; i < 50_000; i++) {
                RawBsonDocument document = RawBsonDocument.parse("{_id: " + i + ", v: " + i % 40_000 + "}");
                sorted.add(Keys.of(document), document);
            }
            List<Integer> first = new ArrayList<>();
            sorted.keys().forEachRemaining(key -> first.add(key.asInt32().getValue()));
            assertEquals(List.of(39_999, 39_998, 39_997), first);
        }
    }

    @Test
    void expiredDocuments_areRemoved() throws Exception {
        try (var process = DatabaseProcess.start(folder.resolve("expiry"), 0, "-Dmartlet.local.expiry.millis=100");
                var client = MongoClients.create(process.uri())) {
            var keys = client.getDatabase("martlet").getCollection("keys");
            keys.createIndex(new Document("at", 1), new IndexOptions().expireAfter(60L, TimeUnit.SECONDS));
            Instant now = Instant.now();
            keys.insertMany(List.of(
                    new Document("_id", "old").append("at", Date.from(now.minusSeconds(61))),
                    new Document("_id", "array").append("at", List.of(Date.from(now), Date.from(now.minusSeconds(61)))),
                    new Document("_id", "fresh").append("at", Date.from(now)),
                    new Document("_id", "text").append("at", "1970-01-01"),
                    new Document("_id", "none")));
            eventually(
                    Duration.ofSeconds(10),
                    () -> assertEquals(
                            List.of("fresh", "none", "text"),
                            keys.find().map(each -> each.getString("_id")).into(new ArrayList<>())));
        }
    }
}
