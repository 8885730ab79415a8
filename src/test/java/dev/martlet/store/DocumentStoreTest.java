package dev.martlet.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import dev.martlet.SharedDatabase;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the store promises, on whatever database the tests run: `MARTLET_TEST_MONGODB_URI`, or else the embedded
/// one.
class DocumentStoreTest {

    private static final BsonValue A = new BsonString("a");

    private final String collection = SharedDatabase.freshCollection();
    private final List<String> operations = new ArrayList<>();
    private final DocumentStore store = new DocumentStore(
            SharedDatabase.access(),
            collection,
            Duration.ofSeconds(10),
            (operation, nanos, failed) -> operations.add(operation));

    private static boolean always(Optional<RawBsonDocument> document) {
        return true;
    }

    private static boolean never(Optional<RawBsonDocument> document) {
        return false;
    }

    @AfterEach
    void drop() {
        store.close();
        SharedDatabase.driver().getCollection(collection).drop();
        SharedDatabase.driver().getCollection(collection + ".idempotency").drop();
    }

    private static Deadline deadline() {
        return Deadline.in(Duration.ofSeconds(30));
    }

    private static RawBsonDocument document(String json) {
        byte[] utf8 = json.getBytes(UTF_8);
        return JsonReader.document(utf8, 0, utf8.length, ObjectId::new);
    }

    private List<String> ids(Query query) {
        var ids = new ArrayList<String>();
        try (Scan scan = store.scan(query, Duration.ofSeconds(30))) {
            for (RawBsonDocument document = scan.next(); document != null; document = scan.next()) {
                ids.add(document.getString("_id").getValue());
            }
            assertNull(scan.next());
        }
        return ids;
    }

    private static Query query(String filter, String sort, String fields, int limit) {
        return new Query(
                JsonReader.query(filter), JsonReader.query(sort), JsonReader.query(fields), Optional.empty(), limit);
    }

    @Test
    void document_comesBackByteForByte() {
        RawBsonDocument document = document(
                "{\"_id\":\"a\",\"i\":1,\"l\":9223372036854775807,\"d\":1.5,\"z\":-0,\"x\":1.10,\"s\":\"ä\\u0000😀\",\"a.b\":{\"$c\":[1,[],{}]},\"\":null,\"t\":true}");

        assertTrue(store.insert(document, false, deadline()));

        assertEquals(document, store.find(A, 16 << 20, deadline()).orElseThrow());
        assertEquals(List.of("insert", "find"), operations);
    }

    @Test
    void insert_refusesATakenId() {
        assertTrue(store.insert(document("{\"_id\":\"a\",\"n\":1}"), false, deadline()));
        assertFalse(store.insert(document("{\"_id\":\"a\",\"n\":2}"), false, deadline()));

        assertEquals(
                document("{\"_id\":\"a\",\"n\":1}"),
                store.find(A, 16 << 20, deadline()).orElseThrow());
    }

    /// Like a client that sends back what it has read.
    @Test
    void insertOfADocumentThatIsThere_isRefused_alsoWithAnIdMadeHere() {
        RawBsonDocument document = document("{}");

        assertTrue(store.insert(document, true, deadline()));
        assertFalse(store.insert(document, false, deadline()));
    }

    private static MongoClient counting(AtomicInteger commands, Set<String> names) {
        return MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(SharedDatabase.uri()))
                .addCommandListener(new CommandListener() {
                    @Override
                    public void commandStarted(CommandStartedEvent event) {
                        // A single batch is the breaker's ping.
                        boolean counts = names.contains(event.getCommandName())
                                && !event.getCommand().containsKey("singleBatch");
                        commands.addAndGet(counts ? 1 : 0);
                    }
                })
                .build());
    }

    @Test
    void insertsThatComeTogether_areAnsweredEachForItself_inFewerCommands() throws Exception {
        var commands = new AtomicInteger();
        try (var client = counting(commands, Set.of("insert"));
                var together = new DocumentStore(
                        SharedDatabase.access(client),
                        collection,
                        Duration.ofSeconds(10),
                        (operation, nanos, failed) -> {});
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            // Each of 300 ids three times. One of the three wins.
            List<RawBsonDocument> sent = IntStream.range(0, 900)
                    .mapToObj(n -> document("{\"_id\":\"" + n % 300 + "\",\"n\":" + n + "}"))
                    .toList();
            List<Future<Boolean>> stored = sent.stream()
                    .map(document -> clients.submit(() -> together.insert(document, false, deadline())))
                    .toList();

            var acknowledged = new ArrayList<RawBsonDocument>();
            for (int n = 0; n < sent.size(); n++) {
                if (stored.get(n).get()) {
                    acknowledged.add(sent.get(n));
                }
            }
            assertEquals(300, acknowledged.size());
            for (RawBsonDocument document : acknowledged) {
                assertEquals(
                        document,
                        store.find(DocumentId.of(document), 16 << 20, deadline())
                                .orElseThrow());
            }
            assertTrue(commands.get() < 450, commands + " commands for 900 inserts");
        }
    }

    @Test
    void insertAll_storesAllButTheTaken() {
        store.insert(document("{\"_id\":\"b\"}"), false, deadline());

        assertEquals(
                List.of(1, 3),
                store
                        .insertAll(
                                List.of(
                                        document("{\"_id\":\"a\"}"),
                                        document("{\"_id\":\"b\"}"),
                                        document("{\"_id\":\"c\"}"),
                                        document("{\"_id\":\"a\"}"),
                                        document("{\"_id\":\"d\"}")),
                                id -> false,
                                deadline())
                        .stream()
                        .filter(Refusal::taken)
                        .map(Refusal::place)
                        .toList());
        assertEquals(List.of("a", "b", "c", "d"), ids(Query.ALL));
    }

    private Outcome insertTogether(String... documents) {
        return store.insertTogether(
                Arrays.stream(documents).map(DocumentStoreTest::document).toList(), id -> false, deadline());
    }

    @Test
    void insertTogether_storesAllOrNone() {
        assertEquals(new Outcome(2, Optional.empty()), insertTogether("{\"_id\":\"b\"}", "{\"_id\":\"d\"}"));

        Outcome refused =
                insertTogether("{\"_id\":\"a\"}", "{\"_id\":\"d\"}", "{\"_id\":\"b\",\"n\":1}", "{\"_id\":\"c\"}");

        assertEquals(0, refused.stored());
        assertEquals(1, refused.refusal().orElseThrow().place());
        assertTrue(refused.refusal().orElseThrow().taken());
        assertEquals(List.of("b", "d"), ids(Query.ALL));
    }

    /// 16 MB of ids are more than one query may name.
    @Test
    void insertTogether_ofManyLongIds_namesTheOneThatIsTaken() {
        String longId = "x".repeat(150);
        store.insert(document("{\"_id\":\"099999" + longId + "\"}"), false, deadline());
        var documents = new ArrayList<RawBsonDocument>();
        for (int n = 0; n < 100_000; n++) {
            documents.add(document("{\"_id\":\"%06d%s\"}".formatted(n, longId)));
        }

        Outcome refused = store.insertTogether(documents, id -> false, deadline());

        assertEquals(0, refused.stored());
        assertEquals(99_999, refused.refusal().orElseThrow().place());
        assertEquals(1, ids(Query.ALL).size());
    }

    @Test
    void find_ofNothingIsEmpty() {
        assertEquals(Optional.empty(), store.find(A, 16 << 20, deadline()));
    }

    @Test
    void put_createsAndReplaces() {
        assertInstanceOf(Change.Created.class, store.put(document("{\"_id\":\"a\",\"n\":1,\"m\":1}"), deadline()));
        assertInstanceOf(Change.Replaced.class, store.put(document("{\"_id\":\"a\",\"m\":2,\"n\":1}"), deadline()));

        assertEquals(
                document("{\"_id\":\"a\",\"m\":2,\"n\":1}"),
                store.find(A, 16 << 20, deadline()).orElseThrow());
    }

    @Test
    void putIf_asksThePrecondition() {
        assertInstanceOf(
                Change.Refused.class,
                store.putIf(Optional::isPresent, document("{\"_id\":\"a\"}"), 16 << 20, deadline()));
        assertInstanceOf(
                Change.Created.class,
                store.putIf(Optional::isEmpty, document("{\"_id\":\"a\"}"), 16 << 20, deadline()));
        assertInstanceOf(
                Change.Refused.class,
                store.putIf(Optional::isEmpty, document("{\"_id\":\"a\",\"n\":1}"), 16 << 20, deadline()));
        assertInstanceOf(
                Change.Replaced.class,
                store.putIf(Optional::isPresent, document("{\"_id\":\"a\",\"n\":1}"), 16 << 20, deadline()));
        assertEquals(
                document("{\"_id\":\"a\",\"n\":1}"),
                store.find(A, 16 << 20, deadline()).orElseThrow());
    }

    @Test
    void change_replacesWhatItWasMadeOf() {
        assertInstanceOf(
                Change.Missing.class,
                store.change(A, DocumentStoreTest::always, document -> document, 16 << 20, deadline()));
        store.insert(document("{\"_id\":\"a\",\"n\":1}"), false, deadline());
        assertInstanceOf(
                Change.Refused.class,
                store.change(A, DocumentStoreTest::never, document -> document, 16 << 20, deadline()));
        assertInstanceOf(
                Change.Replaced.class,
                store.change(
                        A,
                        DocumentStoreTest::always,
                        document -> document("{\"_id\":\"a\",\"n\":2}"),
                        16 << 20,
                        deadline()));

        assertEquals(
                document("{\"_id\":\"a\",\"n\":2}"),
                store.find(A, 16 << 20, deadline()).orElseThrow());
    }

    /// Between the read and the write another client puts a document there that compares as equal, or nearly.
    private void assertNoticed(String before, String between) {
        store.put(document(before), deadline());
        var seen = new ArrayList<RawBsonDocument>();

        store.change(
                A,
                DocumentStoreTest::always,
                document -> {
                    if (seen.isEmpty()) {
                        store.put(document(between), deadline());
                    }
                    seen.add(document);
                    return document("{\"_id\":\"a\",\"done\":true}");
                },
                16 << 20,
                deadline());

        assertEquals(List.of(document(before), document(between)), seen);
    }

    @Test
    void change_noticesEveryOtherWriter() {
        assertNoticed("{\"_id\":\"a\",\"n\":1}", "{\"_id\":\"a\",\"n\":2}");
        assertNoticed("{\"_id\":\"a\",\"n\":1}", "{\"_id\":\"a\",\"n\":1.0}");
        assertNoticed("{\"_id\":\"a\",\"n\":1}", "{\"_id\":\"a\",\"n\":1,\"m\":null}");
        assertNoticed("{\"_id\":\"a\",\"n\":1,\"m\":2}", "{\"_id\":\"a\",\"m\":2,\"n\":1}");
        assertNoticed("{\"_id\":\"a\",\"n\":[1,2]}", "{\"_id\":\"a\",\"n\":[1,3]}");
        assertNoticed("{\"_id\":\"a\",\"n\":{}}", "{\"_id\":\"a\",\"n\":[]}");
        assertNoticed("{\"_id\":\"a\",\"n\":\"$x\"}", "{\"_id\":\"a\",\"n\":\"$y\"}");
        assertNoticed("{\"_id\":\"a\",\"n\":{\"$x\":1}}", "{\"_id\":\"a\",\"n\":{\"$x\":2}}");
        assertNoticed("{\"_id\":\"a\",\"n\":12345678901234567890123}", "{\"_id\":\"a\",\"n\":12345678901234567890124}");
    }

    @Test
    void change_losesNoUpdateOfMany() throws Exception {
        store.insert(document("{\"_id\":\"a\",\"n\":0}"), false, deadline());
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Change>> changes = IntStream.range(0, 64)
                    .mapToObj(i -> executor.submit(() -> store.change(
                            A, DocumentStoreTest::always, DocumentStoreTest::incremented, 16 << 20, deadline())))
                    .toList();
            for (Future<Change> change : changes) {
                assertInstanceOf(Change.Replaced.class, change.get());
            }
        }
        assertEquals(
                new BsonInt32(64),
                store.find(A, 16 << 20, deadline()).orElseThrow().get("n"));
    }

    private static RawBsonDocument incremented(RawBsonDocument document) {
        return document("{\"_id\":\"a\",\"n\":"
                + (Objects.requireNonNull(document.get("n")).asInt32().getValue() + 1) + "}");
    }

    @Test
    void delete_saysWhetherThereWasOne() {
        store.insert(document("{\"_id\":\"a\"}"), false, deadline());

        assertInstanceOf(Change.Deleted.class, store.delete(A, deadline()));
        assertInstanceOf(Change.Missing.class, store.delete(A, deadline()));
    }

    @Test
    void deleteIf_asksThePrecondition() {
        store.insert(document("{\"_id\":\"a\",\"a.b\":{\"$x\":1}}"), false, deadline());

        assertInstanceOf(Change.Refused.class, store.deleteIf(A, DocumentStoreTest::never, 16 << 20, deadline()));
        assertInstanceOf(Change.Deleted.class, store.deleteIf(A, DocumentStoreTest::always, 16 << 20, deadline()));
        assertInstanceOf(Change.Missing.class, store.deleteIf(A, DocumentStoreTest::always, 16 << 20, deadline()));
    }

    @Test
    void scan_isInOrderOfIdsAndOfManyBatches() {
        List<String> ids = IntStream.range(0, 2500).mapToObj("k%05d"::formatted).toList();
        store.insertAll(
                ids.reversed().stream()
                        .map(id -> document("{\"_id\":\"" + id + "\"}"))
                        .toList(),
                id -> false,
                deadline());

        assertEquals(ids, ids(Query.ALL));
        assertEquals(ids.subList(0, 1500), ids(query("{}", "{}", "{}", 1500)));
        assertEquals(ids.subList(3, 8), ids(query("{\"_id\":{\"$gt\":\"k00002\"}}", "{}", "{}", 5)));
    }

    /// How many commands the last query takes, after the same store has carried out the other queries.
    private int commands(Query... queries) {
        var commands = new AtomicInteger();
        try (var client = counting(commands, Set.of("find", "getMore", "killCursors"));
                var other = new DocumentStore(
                        SharedDatabase.access(client),
                        collection,
                        Duration.ofSeconds(10),
                        (operation, nanos, failed) -> {})) {
            for (Query query : queries) {
                commands.set(0);
                try (Scan scan = other.scan(query, Duration.ofSeconds(30))) {
                    while (scan.next() != null) {
                        assertTrue(commands.get() > 0);
                    }
                }
            }
        }
        return commands.get();
    }

    @Test
    void scanOfSmallDocuments_takesACommandForEachThousand_andTheFirstOneMore() {
        store.insertAll(
                IntStream.range(0, 2500)
                        .mapToObj(n -> document("{\"_id\":\"k%05d\",\"n\":%d}".formatted(n, n)))
                        .toList(),
                id -> false,
                deadline());

        assertEquals(4, commands(Query.ALL));
        assertEquals(3, commands(Query.ALL, Query.ALL));
        assertEquals(1, commands(Query.ALL, query("{}", "{}", "{}", 100)));
        assertEquals(2, commands(query("{\"n\":{\"$lt\":1}}", "{}", "{}", 0)));
        assertEquals(2, commands(query("{}", "{}", "{}", 2)));
        assertEquals(2, commands(query("{}", "{}", "{}", 100)));
        // First the ids, then the documents that there is room for.
        assertEquals(2, commands(query("{}", "{\"n\":-1}", "{}", 100)));
    }

    @Test
    void scanOfEverySize_givesEachDocumentOnce_andTakesNoMoreThanFits() {
        var sizes = new Random(1);
        int[] runs = {3, 1_000_000, 5, 1_000_000, 20, 100_000, 2500, 10, 3, 5_000_000, 1, 10, 4, 1_000_000, 30, 2_000};
        var documents = new ArrayList<RawBsonDocument>();
        for (int run = 0; run < runs.length; run += 2) {
            for (int i = 0; i < runs[run]; i++) {
                documents.add(document("{\"_id\":\"k%05d\",\"n\":%d,\"t\":\"%s\"}"
                        .formatted(documents.size(), documents.size(), "x".repeat(sizes.nextInt(runs[run + 1])))));
            }
        }
        documents.forEach(document -> store.insert(document, false, deadline()));
        List<String> ids = documents.stream()
                .map(document -> document.getString("_id").getValue())
                .toList();

        assertEquals(ids, ids(Query.ALL));
        assertEquals(ids, ids(query("{\"n\":{\"$gte\":0}}", "{}", "{}", 0)));
        assertEquals(ids, ids(query("{}", "{}", "{\"t\":1}", 0)));
        assertEquals(ids.subList(0, 2531), ids(query("{}", "{}", "{}", 2531)));
        assertEquals(ids.subList(0, 7), ids(query("{}", "{}", "{}", 7)));
        assertEquals(ids.reversed(), ids(query("{}", "{\"_id\":-1}", "{}", 0)));
        int commands = commands(Query.ALL);
        assertTrue(commands < 50, commands + " commands");
    }

    @Test
    void scan_goesOnAfterAnIdOfAnyType() {
        List<BsonValue> ids = List.of(
                new BsonDouble(Double.NaN),
                new BsonInt32(-1),
                new BsonDouble(0.5),
                new BsonInt64(5_000_000_000L),
                new BsonString("a"),
                new BsonString("b"),
                new BsonDocument("a", new BsonInt32(1)),
                new BsonDocument("a", new BsonInt32(2)),
                new BsonObjectId(new ObjectId(1, 1)),
                new BsonObjectId(new ObjectId(2, 1)),
                BsonBoolean.FALSE,
                BsonBoolean.TRUE,
                new BsonDateTime(1),
                new BsonDateTime(2));
        for (int first = 0; first < ids.size(); first++) {
            var documents = SharedDatabase.driver().getCollection(collection, BsonDocument.class);
            documents.deleteMany(new BsonDocument());
            List<BsonValue> some = ids.subList(first, ids.size());
            some.forEach(id -> documents.insertOne(new BsonDocument("_id", id)));
            var seen = new ArrayList<BsonValue>();
            try (Scan scan = store.scan(Query.ALL, Duration.ofSeconds(30))) {
                for (RawBsonDocument document = scan.next(); document != null; document = scan.next()) {
                    seen.add(DocumentId.of(document));
                }
            }
            assertEquals(some, seen);
        }
    }

    @Test
    void scan_givesAnIdAsAWhole_ofWhichAPartIsAskedFor() {
        for (int n = 0; n < 6; n++) {
            store.insert(document("{\"_id\":\"" + n + "\"}"), false, deadline());
        }

        assertEquals(List.of("0", "1", "2", "3", "4", "5"), ids(query("{}", "{}", "{\"_id.a\":1,\"_id.b\":1}", 0)));
    }

    @Test
    void scan_sortsAndProjects() {
        for (String json : List.of(
                "{\"_id\":\"a\",\"n\":2,\"m\":1}", "{\"_id\":\"b\",\"n\":1,\"m\":1}", "{\"_id\":\"c\",\"n\":2}")) {
            store.insert(document(json), false, deadline());
        }

        assertEquals(List.of("b", "a", "c"), ids(query("{}", "{\"n\":1,\"_id\":1}", "{}", 0)));
        assertEquals(List.of("c", "a"), ids(query("{}", "{\"n\":-1,\"_id\":-1}", "{}", 2)));
        try (Scan scan = store.scan(query("{}", "{}", "{\"n\":1}", 1), Duration.ofSeconds(30))) {
            assertEquals(document("{\"_id\":\"a\",\"n\":2}"), scan.next());
        }
    }

    @Test
    void scan_refusesAQueryThatTheDatabaseRefuses() {
        store.insert(document("{\"_id\":\"a\"}"), false, deadline());

        try (Scan scan = store.scan(Query.of(JsonReader.query("{\"n\":{\"$nonsense\":1}}")), Duration.ofSeconds(30))) {
            assertThrows(RejectedException.class, scan::next);
        }
    }

    /// Three documents. The first and the last get a new id.
    private Keyed keyed(int digest, ObjectId first, String id) {
        return store.idempotencyKeys()
                .insert(
                        new IdempotencyKeys.Request(
                                "key",
                                new BsonBinary(new byte[] {(byte) digest}),
                                first,
                                begin -> List.of(made(begin, 0), document("{\"_id\":\"" + id + "\"}"), made(begin, 1))),
                        deadline());
    }

    private static RawBsonDocument made(ObjectId first, int place) {
        byte[] id = first.toByteArray();
        id[11] += (byte) place;
        return JsonReader.document("{}".getBytes(UTF_8), 0, 2, () -> new ObjectId(id));
    }

    @Test
    void idempotencyKey_belongsToItsFirstRequest() {
        var first = new ObjectId("0123456789abcdef01234500");
        var other = new ObjectId("6543210987abcdef01234500");

        assertEquals(new Keyed.Stored(first, 3), keyed(1, first, "a"));
        assertEquals(new Keyed.Stored(first, 0), keyed(1, other, "a"));
        assertEquals(new Keyed.Foreign(), keyed(2, other, "b"));
        assertEquals(3, SharedDatabase.driver().getCollection(collection).countDocuments());
    }

    @Test
    void idempotencyKey_storesNothingWhenAnIdIsTaken() {
        store.insert(document("{\"_id\":\"a\",\"other\":true}"), false, deadline());
        var first = new ObjectId("0123456789abcdef01234500");

        Outcome refused =
                assertInstanceOf(Keyed.Refused.class, keyed(1, first, "a")).outcome();

        assertEquals(0, refused.stored());
        assertEquals(1, refused.refusal().orElseThrow().place());
        assertEquals(List.of("a"), ids(Query.ALL));
        store.delete(A, deadline());
        assertEquals(
                3, assertInstanceOf(Keyed.Stored.class, keyed(1, first, "a")).now());
    }

    @Test
    void idempotencyKey_isCompleted_whoeverBeganIt() {
        var first = new ObjectId("0123456789abcdef01234500");
        keyed(1, first, "a");
        SharedDatabase.driver().getCollection(collection).deleteOne(new BsonDocument("_id", A));
        SharedDatabase.driver()
                .getCollection(collection + ".idempotency")
                .updateOne(new BsonDocument(), new BsonDocument("$set", new BsonDocument("done", BsonBoolean.FALSE)));

        assertEquals(
                first,
                assertInstanceOf(Keyed.Stored.class, keyed(1, new ObjectId(), "a"))
                        .first());
        assertEquals(3, SharedDatabase.driver().getCollection(collection).countDocuments());
        assertEquals(new Keyed.Stored(first, 0), keyed(1, new ObjectId(), "a"));
    }

    @Test
    void idempotencyKeys_haveAnIndexByWhichTheDatabaseRemovesThem() {
        keyed(1, new ObjectId(), "a");

        assertTrue(SharedDatabase.driver()
                .getCollection(collection + ".idempotency", BsonDocument.class)
                .listIndexes(BsonDocument.class)
                .into(new ArrayList<>())
                .stream()
                .anyMatch(index ->
                        index.getNumber("expireAfterSeconds", new BsonInt32(0)).longValue()
                                == Duration.ofDays(1).toSeconds()));
    }

    @Test
    void deadline_endsTheWaitForADatabaseThatIsAway() {
        try (var client =
                        com.mongodb.client.MongoClients.create("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200");
                var away = new DocumentStore(
                        new Access(client, "x", 100, true),
                        "x",
                        Duration.ofSeconds(60),
                        (operation, nanos, failed) -> {})) {
            long started = System.nanoTime();

            assertThrows(UnavailableException.class, () -> away.find(A, 16 << 20, Deadline.in(Duration.ofMillis(500))));
            assertTrue(
                    Duration.ofNanos(System.nanoTime() - started).compareTo(Duration.ofSeconds(5)) < 0,
                    "waited too long");
        }
    }

    @Test
    void largeDocument_isComparedAndSwappedUpToItsLimit() {
        char[] text = new char[7 << 20];
        Arrays.fill(text, 'x');
        store.insert(document("{\"_id\":\"a\",\"t\":\"" + new String(text) + "\"}"), false, deadline());

        assertInstanceOf(
                Change.Replaced.class,
                store.change(
                        A,
                        DocumentStoreTest::always,
                        document -> document("{\"_id\":\"a\",\"n\":1,\"t\":\"" + new String(text) + "\"}"),
                        16 << 20,
                        deadline()));
        assertThrows(
                RejectedException.class,
                () -> store.change(
                        A,
                        DocumentStoreTest::always,
                        document -> document("{\"_id\":\"a\",\"t\":\"" + new String(text)
                                + new String(text).substring(0, 5 << 20) + "\"}"),
                        16 << 20,
                        deadline()));
    }
}
