package dev.martlet.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import dev.martlet.json.JsonReader;
import dev.martlet.replicas.Fault;
import dev.martlet.replicas.ReplicaSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The answers of operations, whatever happens to their commands. Test members do with commands what the test says,
/// and the clock does not wait.
@Timeout(60)
class OutcomeTest {

    private static final int MOST = 16 << 20;
    private static final BsonString A = new BsonString("a");
    private static final Set<String> WRITES = Set.of("insert", "update", "delete", "commitTransaction");

    private final TestTime time = new TestTime();
    private final AtomicInteger commands = new AtomicInteger();
    private ReplicaSet set;
    private MongoClient client;
    private DocumentStore store;

    @BeforeEach
    void start() throws Exception {
        set = ReplicaSet.start();
        client = MongoClients.create(
                set.uri() + (set.uri().contains("?") ? "&" : "/?") + "retryReads=false&retryWrites=false");
        store = store(true);
    }

    private DocumentStore store(boolean retryWrites) {
        var access = new Access(client, "martlet", 100, retryWrites);
        return new DocumentStore(access, "data", Duration.ofSeconds(60), (name, nanos, failed) -> {}, time);
    }

    @AfterEach
    void end() {
        store.close();
        client.close();
        set.close();
    }

    private Deadline deadline() {
        return Deadline.in(Duration.ofSeconds(15), time);
    }

    private static RawBsonDocument document(String json) {
        byte[] utf8 = json.getBytes(UTF_8);
        return JsonReader.document(utf8, 0, utf8.length, ObjectId::new);
    }

    private static RawBsonDocument a(int n) {
        return document("{\"_id\":\"a\",\"n\":" + n + "}");
    }

    private static boolean has(Optional<RawBsonDocument> document, int n) {
        return document.filter(a(n)::equals).isPresent();
    }

    private boolean counts(BsonDocument command) {
        return WRITES.contains(command.getFirstKey())
                && command.get(command.getFirstKey(), A).equals(new BsonString("data"));
    }

    /// Does this with every write of the documents.
    private void always(Fault fault) {
        set.onCommand(command -> {
            if (!counts(command)) {
                return Fault.NONE;
            }
            commands.incrementAndGet();
            return fault;
        });
    }

    /// Does this with the first one only.
    private void once(Fault fault) {
        commands.set(0);
        set.onCommand(command -> counts(command) && commands.getAndIncrement() == 0 ? fault : Fault.NONE);
    }

    private Change patch(int from, int to) {
        return store.change(A, document -> has(document, from), document -> a(to), MOST, deadline());
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 91, 112, 262, 11602, 16500})
    void passingError_isRetriedTwentyTimes_overTheTimeThatIsLeft(int code) {
        store.put(a(1), deadline());
        always(Fault.error(code));

        assertThrows(UnavailableException.class, () -> store.put(a(2), deadline()));

        long waited = time.sleeps.stream().mapToLong(Long::longValue).sum();
        assertAll(
                () -> assertEquals(20, commands.get()),
                () -> assertTrue(waited > 5000 && waited <= 15_000, "waited " + waited + " ms"));
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 13, 20, 26, 301, 334, 8000, 14031, 123_456})
    void lastingError_isToldAtOnce(int code) {
        store.put(a(1), deadline());
        always(Fault.error(code));

        assertTrue(assertThrows(UnavailableException.class, () -> store.put(a(2), deadline()))
                .isRefused());
        assertEquals(1, commands.get());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 9, 121, 10334, 17280})
    void mistake_isTheClients(int code) {
        store.put(a(1), deadline());
        always(Fault.error(code));

        assertFalse(assertThrows(RejectedException.class, () -> store.put(a(2), deadline()))
                .conflict());
        assertEquals(1, commands.get());
    }

    @Test
    void nothing_isAcknowledgedWithoutAMajority() {
        store.put(a(1), deadline());
        always(Fault.writeConcernError(64));

        assertAll(
                () -> assertThrows(UnavailableException.class, () -> patch(1, 2)),
                // The value is there already, so this changes nothing. That is not acknowledged either.
                () -> assertThrows(UnavailableException.class, () -> patch(2, 2)),
                () -> assertThrows(UnavailableException.class, () -> store.put(a(3), deadline())),
                () -> assertThrows(
                        UnavailableException.class,
                        () -> store.putIf(document -> has(document, 3), a(4), MOST, deadline())),
                () -> assertThrows(
                        UnavailableException.class, () -> store.insert(document("{\"_id\":\"b\"}"), false, deadline())),
                () -> assertThrows(
                        UnavailableException.class,
                        () -> store.deleteIf(A, document -> has(document, 4), MOST, deadline())),
                () -> assertThrows(UnavailableException.class, () -> store.delete(A, deadline())));
    }

    @Test
    void lostReply_leavesNoDoubt() {
        once(Fault.CUT_AFTER);
        assertInstanceOf(Change.Created.class, store.put(a(1), deadline()));
        once(Fault.CUT_AFTER);
        assertInstanceOf(Change.Replaced.class, patch(1, 2));
        once(Fault.CUT_AFTER);
        assertInstanceOf(Change.Deleted.class, store.delete(A, deadline()));
        once(Fault.CUT_AFTER);
        assertInstanceOf(Change.Missing.class, store.delete(A, deadline()));
        once(Fault.CUT_AFTER);
        assertTrue(store.insert(a(1), false, deadline()));
        // An equal document from somebody else, such as a lock that is held.
        once(Fault.CUT_AFTER);
        assertFalse(store.insert(a(1), false, deadline()));
        once(Fault.CUT_BEFORE);
        assertFalse(store.insert(a(1), false, deadline()));
        assertEquals(2, commands.get());
    }

    @Test
    void lostReply_whereNobodyDeduplicates_isAnsweredByWhatIsThere() {
        set.deduplicate(false);
        store.close();
        store = store(false);

        once(Fault.CUT_AFTER);
        assertTrue(store.insert(a(1), false, deadline()));
        assertFalse(store.insert(a(1), false, deadline()));
        once(Fault.CUT_AFTER);
        assertInstanceOf(Change.Replaced.class, patch(1, 2));
        once(Fault.CUT_AFTER);
        assertInstanceOf(Change.Deleted.class, store.deleteIf(A, document -> has(document, 2), MOST, deadline()));
        once(Fault.CUT_AFTER);
        assertTrue(store.insert(document("{}"), true, deadline()));
    }

    @Test
    void array_isStoredWholeOrNotAtAll() {
        store.insert(document("{\"_id\":\"taken\"}"), false, deadline());
        List<RawBsonDocument> refused =
                List.of(document("{\"_id\":\"x\"}"), document("{\"_id\":\"taken\",\"n\":1}"), document("{}"));
        once(Fault.CUT_AFTER);

        Outcome outcome = store.insertTogether(refused, id -> false, deadline());

        assertEquals(0, outcome.stored());
        assertEquals(1, outcome.refusal().orElseThrow().place());
        assertEquals(Optional.empty(), store.find(new BsonString("x"), MOST, deadline()));
    }

    @Test
    void commit_isRepeatedUntilItsOutcomeIsKnown() {
        var cut = new AtomicInteger();
        set.onCommand(command -> command.getFirstKey().equals("commitTransaction") && cut.getAndIncrement() < 3
                ? Fault.CUT_AFTER
                : Fault.NONE);

        assertEquals(
                new Outcome(2, Optional.empty()),
                store.insertTogether(List.of(a(1), document("{\"_id\":\"b\"}")), id -> false, deadline()));
        assertEquals(4, cut.get());
        assertTrue(has(store.find(A, MOST, deadline()), 1));
    }

    @Test
    void key_isClaimedWithItsDocuments_orNot() {
        store.insert(document("{\"_id\":\"taken\"}"), false, deadline());
        var first = new ObjectId();

        assertInstanceOf(Keyed.Refused.class, keyed(first, "x", "taken"));
        assertEquals(Optional.empty(), store.find(new BsonString("x"), MOST, deadline()));
        // The key was not used up.
        assertEquals(new Keyed.Stored(first, 2), keyed(first, "x", "y"));
        assertEquals(new Keyed.Stored(first, 0), keyed(new ObjectId(), "x", "y"));
    }

    private Keyed keyed(ObjectId first, String... ids) {
        List<RawBsonDocument> documents = java.util.Arrays.stream(ids)
                .map(id -> document("{\"_id\":\"" + id + "\",\"mine\":true}"))
                .toList();
        var digest = new BsonBinary(String.join(",", ids).getBytes(UTF_8));
        return store.idempotencyKeys()
                .insert(new IdempotencyKeys.Request("key", digest, first, begin -> documents), deadline());
    }

    @Test
    void databaseWithoutMemory_isToldAsThat() {
        store.put(a(1), deadline());
        always(Fault.error(146));
        assertEquals(
                "The database has too little memory for this at present",
                assertThrows(UnavailableException.class, () -> patch(1, 2)).getMessage());
    }

    /// MongoDB sends no event of more than 16 MiB and 16 KiB. A described update has twice the size of its document.
    @Test
    void largeUpdateOfAnotherClient_isTold() {
        MongoCollection<BsonDocument> others = client.getDatabase("martlet").getCollection("data", BsonDocument.class);
        others.insertOne(new BsonDocument("_id", A));
        try (ChangeStream stream = store.changes("")) {
            stream.next();
            others.updateOne(Filters.eq(A), Updates.set("text", "x".repeat(9 << 20)));
            others.insertOne(new BsonDocument("_id", new BsonString("b")));
            assertEquals(List.of("REPLACED a", "INSERTED b"), told(stream, 2));
        }
    }

    private static List<String> told(ChangeStream stream, int count) {
        var told = new ArrayList<String>();
        for (int i = 0; told.size() < count && i < 30; i++) {
            stream.next()
                    .forEach(change -> told.add(
                            change.what() + " " + change.id().asString().getValue()));
        }
        return told;
    }

    @Test
    void eventThatCannotBeSent_endsTheStream() {
        try (ChangeStream stream = store.changes("")) {
            stream.next();
            set.onCommand(command -> command.containsKey("getMore") ? Fault.error(10334) : Fault.NONE);
            FeedRefusedException refused = assertThrows(FeedRefusedException.class, stream::next);
            assertEquals(FeedRefusedException.Reason.TOO_LARGE, refused.reason());
        }
    }
}
