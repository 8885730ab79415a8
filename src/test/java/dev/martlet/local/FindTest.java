package dev.martlet.local;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;
import static com.mongodb.client.model.Filters.gt;
import static com.mongodb.client.model.Filters.gte;
import static com.mongodb.client.model.Filters.in;
import static com.mongodb.client.model.Filters.lt;
import static com.mongodb.client.model.Filters.lte;
import static com.mongodb.client.model.Sorts.ascending;
import static com.mongodb.client.model.Sorts.descending;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoCommandException;
import com.mongodb.client.FindIterable;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.Updates;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.DocumentCodec;
import org.bson.conversions.Bson;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;

class FindTest extends OnEmbeddedDatabase {

    private static final ObjectId LOW = new ObjectId("000000000000000000000001");
    private static final ObjectId HIGH = new ObjectId("ff0000000000000000000001");

    /// In MongoDB's order: numbers by value, strings by UTF-8 bytes, objects, ObjectIds.
    private static final List<Object> IDS = List.of(
            -5L,
            -1.5,
            0,
            Decimal128.parse("0.1"),
            0.5,
            1,
            5_000_000_000L,
            5_000_000_000.5,
            9_007_199_254_740_993L,
            "",
            "A",
            "a",
            "a\0",
            "aa",
            "é",
            "\uE000",
            "\uD83D\uDE00",
            new Document("a", 1),
            new Document("a", 2),
            LOW,
            HIGH,
            true);

    private void insertIds() {
        for (int i = 0; i < IDS.size(); i++) {
            collection.insertOne(new Document("_id", IDS.get((i * 5) % IDS.size())));
        }
    }

    private static List<Object> ids(FindIterable<Document> documents) {
        return documents.map(document -> document.get("_id")).into(new ArrayList<>());
    }

    private List<Object> ids(Bson filter) {
        return ids(collection.find(filter));
    }

    @Test
    void mixedIds_comeInBsonOrder() {
        insertIds();
        assertEquals(IDS, ids(collection.find().sort(ascending("_id")).batchSize(2)));
        assertEquals(
                IDS.reversed(), ids(collection.find().sort(descending("_id")).batchSize(3)));
        assertEquals(IDS, ids(collection.find()));
    }

    @Test
    void range_staysWithinType() {
        insertIds();
        assertEquals(IDS.subList(10, 17), ids(gt("_id", "")));
        assertEquals(IDS.subList(9, 12), ids(lt("_id", "a\0")));
        assertEquals(IDS.subList(0, 4), ids(lt("_id", 0.5)));
        assertEquals(IDS.subList(4, 9), ids(gte("_id", Decimal128.parse("0.50"))));
        assertEquals(List.of(HIGH), ids(gt("_id", LOW)));
        assertEquals(List.of(LOW), ids(and(gte("_id", LOW), lt("_id", HIGH))));
        assertEquals(List.of(), ids(and(gt("_id", "a"), lt("_id", 5))));
        assertEquals(List.of("a\0", "aa"), ids(and(gt("_id", "a"), lte("_id", "aa"))));
        assertEquals(List.of("\uD83D\uDE00"), ids(gt("_id", "\uE000")));
        assertEquals(List.of(1, "aa", LOW), ids(in("_id", "aa", LOW, "none", 1.0)));
        assertEquals(List.of(IDS.get(8)), ids(eq("_id", 9_007_199_254_740_993L)));
        assertEquals(List.of(), ids(eq("_id", 9_007_199_254_740_992.0)));
    }

    /// The store asks this, for one document and for many, when it has no room for larger ones.
    @Test
    void size_canBeLimited() {
        var small = new Document("_id", "small").append("text", "x".repeat(100));
        var large = new Document("_id", "large").append("text", "x".repeat(101));
        collection.insertMany(List.of(small, large));
        int bytes = new RawBsonDocument(small, new DocumentCodec()).getByteLength();
        Bson fits = new Document("$expr", new Document("$lte", List.of(new Document("$bsonSize", "$$ROOT"), bytes)));
        assertEquals(List.of("small"), ids(and(eq("_id", "small"), fits)));
        assertEquals(List.of(), ids(and(eq("_id", "large"), fits)));
        assertEquals(List.of("small"), ids(and(in("_id", "large", "none", "small"), fits)));
        assertEquals(List.of("small"), ids(and(in("_id", "large", "small"), and(gte("text", "x"), fits))));
    }

    @Test
    void page_followsKey() {
        insertIds();
        List<Object> found = new ArrayList<>();
        Bson filter = gte("_id", "");
        for (int page = 0; page < 3; page++) {
            found.addAll(ids(collection.find(filter).sort(ascending("_id")).limit(3)));
            filter = and(gt("_id", found.getLast()), new Document());
        }
        assertEquals(IDS.subList(9, 17), found);
    }

    @Test
    void sortByOtherField_ordersValues() {
        List<Document> documents = List.of(
                new Document("_id", 1).append("n", 2),
                new Document("_id", 2).append("n", "x"),
                new Document("_id", 3),
                new Document("_id", 4).append("n", 1.5),
                new Document("_id", 5).append("n", List.of(0, 9)),
                new Document("_id", 6).append("n", 2L));
        collection.insertMany(documents);
        assertEquals(
                List.of(3, 5, 4, 1, 6, 2),
                ids(collection.find().sort(ascending("n")).batchSize(2)));
        assertEquals(
                List.of(2, 5, 6),
                ids(collection.find().sort(descending("n", "_id")).limit(3)));
        assertEquals(
                List.of(4, 1),
                ids(collection.find().sort(ascending("n")).skip(2).limit(2)));
    }

    @Test
    void projection_selectsFields() {
        collection.insertOne(new Document("_id", 1).append("a", 1).append("b", new Document("c", 2).append("d", 3)));
        assertEquals(
                new Document("_id", 1).append("b", new Document("d", 3)),
                collection.find().projection(Projections.include("b.d")).first());
    }

    @Test
    void keyRange_isSought() {
        collection.insertMany(IntStream.range(0, 50_000)
                .mapToObj(i -> new Document("_id", String.format("%06d", i)).append("text", "x".repeat(50)))
                .toList());
        long start = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            assertEquals(
                    List.of("049990", "049991"),
                    ids(collection.find(gt("_id", "049989")).limit(2)));
        }
        assertTrue(
                System.nanoTime() - start < TimeUnit.SECONDS.toNanos(10), "a scan from the start would take minutes");
    }

    @Test
    void openCursor_seesDocumentsThatStay() {
        collection.insertMany(
                IntStream.range(0, 120).mapToObj(i -> new Document("_id", i)).toList());
        List<Object> seen = new ArrayList<>();
        try (var cursor = collection.find().batchSize(20).iterator()) {
            while (cursor.hasNext()) {
                int id = cursor.next().getInteger("_id");
                seen.add(id);
                collection.updateOne(eq(id), Updates.set("seen", true));
                collection.deleteOne(eq(id - 1));
            }
        }
        assertEquals(IntStream.range(0, 120).boxed().toList(), seen);
        assertEquals(1, collection.countDocuments());
    }

    private long openCursors() {
        return database.database()
                .runCommand(new Document("serverStatus", 1))
                .getEmbedded(List.of("metrics", "cursor", "open", "total"), Long.class);
    }

    @Test
    void killedCursor_isGone() {
        collection.insertMany(
                IntStream.range(0, 120).mapToObj(i -> new Document("_id", i)).toList());
        var cursor = collection.find().batchSize(100).cursor();
        long id = Objects.requireNonNull(cursor.getServerCursor()).getId();
        assertEquals(1L, openCursors());
        Document killed =
                database.database().runCommand(new Document("killCursors", "data").append("cursors", List.of(id, 99L)));
        assertEquals(List.of(id), killed.get("cursorsKilled"));
        assertEquals(List.of(99L), killed.get("cursorsNotFound"));
        assertEquals(0L, openCursors());
        IntStream.range(0, 100).forEach(i -> cursor.next());
        assertEquals(43, assertThrows(MongoCommandException.class, cursor::next).getErrorCode());
    }

    @Test
    void largeDocuments_areSplitIntoBatches() {
        for (int i = 0; i < 4; i++) {
            collection.insertOne(new Document("_id", i).append("text", "x".repeat(12_500_000)));
        }
        assertEquals(List.of(0, 1, 2, 3), ids(collection.find()));
    }

    @Test
    void filterOnFieldNamedQuery_isNoEnvelope() {
        collection.insertMany(
                List.of(new Document("_id", 1).append("query", "a"), new Document("_id", 2).append("query", "b")));
        assertEquals(1, collection.deleteOne(eq("query", "b")).getDeletedCount());
        assertEquals(Set.of(1), Set.copyOf(ids(new Document())));
    }
}
