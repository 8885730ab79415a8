package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.SharedDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReadsTest {

    private static final BsonValue SMALL = new BsonString("small");
    private static final BsonValue OBJECT_ID = new BsonObjectId(new ObjectId());
    private static final BsonValue LARGE = new BsonString("large");
    private static final BsonValue MISSING = new BsonString("missing");

    private final String name = SharedDatabase.freshCollection();
    private final View documents = new View(SharedDatabase.driver().getCollection(name, RawBsonDocument.class), null);

    @AfterEach
    void drop() {
        documents.documents().drop();
    }

    private void store(BsonValue id, int bytes) {
        var document = new BsonDocument("_id", id).append("text", new BsonString("x".repeat(bytes)));
        documents.documents().insertOne(new RawBsonDocument(document, new BsonDocumentCodec()));
    }

    private void store() {
        store(SMALL, 10);
        store(OBJECT_ID, 100_000);
        store(LARGE, 2 << 20);
    }

    private static String told(Reads.Found found) {
        try {
            return found.get()
                    .map(document -> document.get("_id") + " of "
                            + document.getString("text").getValue().length())
                    .orElse("missing");
        } catch (LargerException e) {
            return "larger";
        }
    }

    @Test
    void documentsThatAreReadTogether_areThoseAskedFor_inTheirOrder() {
        store();

        List<Reads.Found> found =
                new Reads(Long.MAX_VALUE).findEach(documents, List.of(LARGE, MISSING, OBJECT_ID, SMALL, SMALL));

        assertEquals(
                List.of("larger", "missing", OBJECT_ID + " of 100000", SMALL + " of 10", SMALL + " of 10"),
                found.stream().map(ReadsTest::told).toList());
    }

    @Test
    void documentsThatAreReadTogether_whileAnotherReadMayBringAnything_areTheSame() throws Exception {
        store();
        var reads = new Reads(1);
        List<BsonValue> asked = List.of(LARGE, MISSING, OBJECT_ID, SMALL);

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<List<String>>>();
            for (int i = 0; i < 40; i++) {
                all.add(threads.submit(() -> reads.findEach(documents, asked).stream()
                        .map(ReadsTest::told)
                        .toList()));
            }
            for (var one : all) {
                assertEquals(List.of("larger", "missing", OBJECT_ID + " of 100000", SMALL + " of 10"), one.get());
            }
        }
    }

    @Test
    void documentThatIsReadAlone_mayBeLarge() {
        store();
        Reads.Found found =
                new Reads(Long.MAX_VALUE).findEach(documents, List.of(LARGE)).getFirst();

        assertEquals(LARGE + " of 2097152", told(found));
        assertThrows(LargerException.class, () -> new Reads.Found(null, true).get());
    }

    @Test
    void idOfAnotherType_isAnotherDocument() {
        documents
                .documents()
                .insertOne(new RawBsonDocument(
                        new BsonDocument("_id", SMALL).append("text", new BsonString("")), new BsonDocumentCodec()));
        documents
                .documents()
                .insertOne(new RawBsonDocument(new BsonDocument("_id", new BsonInt32(1)), new BsonDocumentCodec()));

        assertEquals(
                List.of("missing", SMALL + " of 0"),
                new Reads(Long.MAX_VALUE)
                        .findEach(documents, List.of(new BsonString("1"), SMALL)).stream()
                                .map(ReadsTest::told)
                                .toList());
    }

    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void batch_waitsForAnother() throws Exception {
        var reads = new Reads(1, LONG);
        assertTrue(reads.tryBatch(false));

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> next = threads.submit(reads::awaitBatch);
            assertThrows(TimeoutException.class, () -> next.get(50, TimeUnit.MILLISECONDS));

            reads.batchRead(false);
            assertTrue(next.get());
        }
    }

    @Test
    void batch_waitsNoLongerThanItsPatience() {
        var reads = new Reads(1, Duration.ofMillis(10));
        assertTrue(reads.awaitBatch());
        assertFalse(reads.awaitBatch());

        reads.batchRead(false);
        assertTrue(reads.awaitBatch());
    }

    @Test
    @Timeout(30)
    void batch_doesNotWaitForASearch() {
        var reads = new Reads(1, LONG);
        assertTrue(reads.tryBatch(true));
        assertFalse(reads.awaitBatch());

        reads.batchRead(true);
        assertTrue(reads.awaitBatch());
    }
}
