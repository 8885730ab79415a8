package dev.martlet.local;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;
import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.mongodb.MongoBulkWriteException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoWriteException;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.InsertManyOptions;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.Updates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteTest extends OnEmbeddedDatabase {

    private Document only() {
        List<Document> all = collection.find().into(new ArrayList<>());
        assertEquals(1, all.size());
        return all.getFirst();
    }

    private static Bson unchanged(Document document) {
        return and(
                eq(document.get("_id")),
                new Document("$expr", new Document("$eq", List.of("$$ROOT", new Document("$literal", document)))));
    }

    @Test
    void duplicateId_isRefused() {
        collection.insertOne(new Document("_id", 1));
        MongoWriteException error =
                assertThrows(MongoWriteException.class, () -> collection.insertOne(new Document("_id", 1.0)));
        assertEquals(11000, error.getCode());
    }

    /// Unlike MongoDB, which keeps those before the mistake.
    @Test
    void orderedInsert_isAllOrNothing() {
        collection.insertOne(new Document("_id", 2));
        List<Document> documents = List.of(new Document("_id", 1), new Document("_id", 2), new Document("_id", 3));
        MongoBulkWriteException refused =
                assertThrows(MongoBulkWriteException.class, () -> collection.insertMany(documents));
        assertEquals(0, refused.getWriteResult().getInsertedCount());
        assertEquals(1, refused.getWriteErrors().getFirst().getIndex());
        assertEquals(new Document("_id", 2), only());
    }

    @Test
    void unorderedInsert_countsWhatWasInserted() {
        collection.insertOne(new Document("_id", 2));
        List<Document> documents =
                List.of(new Document("_id", 1), new Document("_id", 2), new Document("_id", 3), new Document("_id", 1));
        MongoBulkWriteException unordered = assertThrows(
                MongoBulkWriteException.class,
                () -> collection.insertMany(documents, new InsertManyOptions().ordered(false)));
        assertEquals(2, unordered.getWriteResult().getInsertedCount());
        assertEquals(
                List.of(1, 3),
                unordered.getWriteErrors().stream()
                        .map(error -> error.getIndex())
                        .toList());
    }

    @Test
    void replace_reportsWhatItDid() {
        var options = new ReplaceOptions().upsert(true);
        assertEquals(0, collection.replaceOne(eq(1), new Document("a", 1)).getMatchedCount());
        assertEquals(
                new BsonInt32(1),
                collection.replaceOne(eq(1), new Document("a", 1), options).getUpsertedId());
        assertEquals(
                0, collection.replaceOne(eq(1), new Document("a", 1), options).getModifiedCount());
        assertEquals(
                1, collection.replaceOne(eq(1), new Document("a", 1.0), options).getModifiedCount());
        assertThrows(MongoWriteException.class, () -> collection.replaceOne(eq(1), new Document("_id", 2)));
        assertEquals(new Document("_id", 1).append("a", 1.0), only());
    }

    @Test
    void compareAndSwap_seesEveryDifference() {
        List<Document> variants = List.of(
                fields("n", 1),
                fields("n", "1"),
                fields("n", List.of(1, 2)),
                fields("n", List.of(1, 3)),
                fields("n", BsonNull.VALUE),
                fields("n", new Document("a", 1).append("b", 2)),
                fields("n", new Document("b", 2).append("a", 1)),
                fields("n", Decimal128.parse("1.000000000000000000000000000000001")),
                fields("n", 9_007_199_254_740_993L),
                fields("n", 9_007_199_254_740_992.0),
                fields("m", 1),
                fields("n", new Document("$date", "x")),
                fields("a.b", 1),
                fields("n", true),
                fields("n", "$n"),
                fields("n", "$$ROOT"),
                new Document("_id", "id"));
        for (int i = 0; i < variants.size(); i++) {
            collection.deleteMany(new Document());
            collection.insertOne(variants.get(i));
            for (int j = 0; j < variants.size(); j++) {
                String message = variants.get(i) + " against " + variants.get(j);
                assertEquals(i == j, collection.find(unchanged(variants.get(j))).first() != null, message);
                long swapped = collection
                        .replaceOne(unchanged(variants.get(j)), variants.get(i))
                        .getMatchedCount();
                assertEquals(i == j, swapped == 1, message);
            }
        }
    }

    private static Document fields(String name, Object value) {
        return new Document("_id", "id").append(name, value);
    }

    /// As MongoDB does: equal numbers are equal whatever their type.
    @Test
    void compareAndSwap_takesEqualNumbersForEqual() {
        collection.insertOne(fields("n", 1));
        for (Object one : List.of(1L, 1.0, Decimal128.parse("1.00"))) {
            assertEquals(
                    1,
                    collection
                            .replaceOne(unchanged(fields("n", one)), fields("n", 1))
                            .getMatchedCount());
        }
        assertEquals(1, collection.deleteOne(unchanged(fields("n", 1.0))).getDeletedCount());
    }

    @Test
    void racingCompareAndSwaps_loseNoIncrement() throws Exception {
        collection.insertOne(new Document("_id", 1).append("n", 0).append("list", List.of(0, 0)));
        AtomicInteger won = new AtomicInteger();
        inParallel(16, () -> {
            for (int i = 0; i < 25; ) {
                Document before = only();
                int n = before.getInteger("n") + 1;
                Document after = new Document("_id", 1).append("n", n).append("list", List.of(0, n));
                boolean swapped =
                        collection.replaceOne(unchanged(before), after).getMatchedCount() == 1;
                if (swapped) {
                    won.incrementAndGet();
                    i++;
                }
            }
            return null;
        });
        assertEquals(16 * 25, won.get());
        assertEquals(16 * 25, only().getInteger("n"));
    }

    @Test
    void racingInsertsOfOneId_letOneWin() throws Exception {
        for (int id = 0; id < 20; id++) {
            Document document = new Document("_id", id);
            AtomicInteger won = new AtomicInteger();
            inParallel(8, () -> {
                try {
                    collection.insertOne(new Document(document));
                    won.incrementAndGet();
                } catch (MongoWriteException e) {
                    assertEquals(11000, e.getCode());
                }
                return null;
            });
            assertEquals(1, won.get());
        }
    }

    @Test
    void readersBesideWritersOfOneDocument_seeWholeDocuments() throws Exception {
        collection.insertOne(
                new Document("_id", 1).append("a", 0).append("b", List.of(0, 0)).append("c", 0));
        AtomicInteger turn = new AtomicInteger();
        inParallel(64, () -> {
            int thread = turn.incrementAndGet();
            for (int i = 0; i < 40; i++) {
                if (thread % 4 == 0) {
                    int n = i * 64 + thread;
                    collection.replaceOne(
                            eq(1),
                            i % 2 == 0
                                    ? new Document("a", n)
                                            .append("b", List.of(n, n))
                                            .append("c", n)
                                    : new Document("c", n)
                                            .append("b", List.of(n, n))
                                            .append("extra", n)
                                            .append("a", n));
                } else if (thread % 4 == 1) {
                    collection.updateOne(eq(1), Updates.set("other" + thread, i));
                } else {
                    Document found = only();
                    Integer n = found.getInteger("a");
                    assertEquals(n, found.get("c"));
                    assertEquals(List.of(n, n), found.get("b"));
                }
            }
            return null;
        });
    }

    private static void inParallel(int threads, Callable<Void> task) throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                results.add(executor.submit(task));
            }
            for (Future<Void> result : results) {
                result.get();
            }
        }
    }

    @Test
    void uniqueIndex_isRefused() {
        MongoCommandException refused = assertThrows(
                MongoCommandException.class,
                () -> collection.createIndex(Indexes.ascending("mail"), new IndexOptions().unique(true)));
        assertEquals(67, refused.getErrorCode());
    }

    @Test
    void unacknowledgedInsert_arrives() throws Exception {
        collection.withWriteConcern(WriteConcern.UNACKNOWLEDGED).insertOne(new Document("_id", 1));
        eventually(Duration.ofSeconds(10), () -> assertEquals(1, collection.countDocuments()));
    }

    @Test
    void clientSideTimeout_isAccepted() throws Exception {
        MongoCollection<Document> limited = collection.withTimeout(5, TimeUnit.SECONDS);
        limited.insertOne(new Document("_id", 1));
        limited.replaceOne(eq(1), new Document("a", 1));
        assertEquals(new Document("_id", 1).append("a", 1), limited.find().first());
        assertEquals(1, limited.countDocuments());
        assertEquals(1, limited.deleteOne(eq(1)).getDeletedCount());
    }

    @Test
    void droppedCollection_isEmptyAfterRestart() throws Exception {
        collection.insertOne(new Document("_id", 1));
        collection.drop();
        collection.insertOne(new Document("_id", 2));
        close();
        open();
        assertEquals(List.of(new Document("_id", 2)), collection.find().into(new ArrayList<>()));
        database.database().drop();
        close();
        open();
        assertEquals(0, collection.countDocuments());
    }
}
