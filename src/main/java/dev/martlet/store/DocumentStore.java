package dev.martlet.store;

import com.mongodb.client.MongoDatabase;
import dev.martlet.json.DocumentId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.configuration.CodecRegistries;

/// The document collection, and what can become of an operation on it.
///
/// Every operation waits for a database that is away, within the request's [Deadline]. If the database stays away,
/// it ends with an [UnavailableException]. A write may be sent more than once, and takes effect once. A majority
/// has what is acknowledged. The package's description lists the answers.
///
/// ```java
/// var deadline = Deadline.in(Duration.ofSeconds(15));
/// boolean stored = store.insert(document, deadline);          // false: the _id is taken
/// Optional<RawBsonDocument> found = store.find(id, deadline);
/// ```
public final class DocumentStore implements AutoCloseable {

    private static final Duration PING_TIMEOUT = Duration.ofSeconds(1);
    /// A larger document gets a command of its own, and does not keep others waiting.
    private static final int MOST_TOGETHER_BYTES = 16 << 10;

    private final MongoDatabase database;
    private final Breaker breaker;
    private final Attempts attempts;
    private final Target target;
    private final Writes writes;
    private final Changes changes;
    private final Together<RawBsonDocument, Optional<Refusal>> inserts;
    private final Together<BsonValue, Reads.Found> finds;
    private final IdempotencyKeys idempotencyKeys;
    private final AtomicLong usualSize = new AtomicLong();
    private final Reads reads = new Reads(Runtime.getRuntime().maxMemory());

    /// @param patience how long the database may be away before operations are refused at once
    public DocumentStore(Access access, String collection, Duration patience, Observer observer) {
        this(access, collection, patience, observer, new Time());
    }

    /// @param time the clock of operations and retries; pings use the real one
    DocumentStore(Access access, String collection, Duration patience, Observer observer, Time time) {
        MongoDatabase given = access.client().getDatabase(access.database());
        this.database = given.withCodecRegistry(
                CodecRegistries.fromRegistries(CodecRegistries.fromCodecs(new BytesCodec()), given.getCodecRegistry()));
        this.target = new Target(collection);
        this.writes = new Writes(target);
        this.changes = new Changes(target, reads);
        this.breaker = new Breaker(this::ping, patience, new Time());
        this.attempts = new Attempts(access, database, breaker, observer, time);
        this.inserts = new Together<>("insert with others", this::insertEach, false, Together.PATIENCE, time);
        this.finds = new Together<>("find with others", this::findEach, true, Together.PATIENCE, time);
        this.idempotencyKeys =
                new IdempotencyKeys(attempts, writes, new Writes(new Target(collection + ".idempotency")));
        breaker.start();
    }

    /// The `Idempotency-Key`s under which documents were stored.
    public IdempotencyKeys idempotencyKeys() {
        return idempotencyKeys;
    }

    /// Whether the database answers.
    public Breaker breaker() {
        return breaker;
    }

    /// A read like any other, of a document that cannot exist. A database that answers it can answer requests. It
    /// does not ask for a null `_id`, for which the embedded database would read all documents.
    private void ping() {
        target.collection(database)
                .withTimeout(PING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .find(Target.byId(new BsonString("")))
                .first();
    }

    @Override
    public void close() {
        breaker.close();
    }

    /// Stores a document, whose first member is its `_id`.
    ///
    /// @param made whether the `_id` is new, so that no other document can have it
    /// @return whether it is stored; `false` if another document has its `_id`
    /// @throws RejectedException if the database refuses it
    public boolean insert(RawBsonDocument document, boolean made, Deadline deadline) {
        Optional<Refusal> refusal = document.getByteLength() > MOST_TOGETHER_BYTES
                ? insertAll(List.of(document), id -> made, deadline).stream().findFirst()
                : attempts.observed("insert", () -> inserts.run(document, deadline));
        refusal.filter(why -> !why.taken()).ifPresent(why -> {
            throw why.why();
        });
        // An engine that does not deduplicate reports a copy as a duplicate.
        return refusal.isEmpty()
                || (made && insertAll(List.of(document), id -> true, deadline).isEmpty());
    }

    private List<Optional<Refusal>> insertEach(List<RawBsonDocument> documents, Deadline deadline) {
        List<Refusal> refusals = attempts.together(
                "insert", deadline, operation -> writes.insertEach(operation, documents, id -> false));
        var answers = new ArrayList<Optional<Refusal>>(Collections.nCopies(documents.size(), Optional.empty()));
        refusals.forEach(refusal -> answers.set(refusal.place(), Optional.of(refusal)));
        return answers;
    }

    /// Stores many documents, each for itself. A refused document does not stop the others.
    ///
    /// @param made whether an `_id` is new, so that no other document can have it
    /// @return those that are not stored
    public List<Refusal> insertAll(List<RawBsonDocument> all, Predicate<BsonValue> made, Deadline deadline) {
        return attempts.run("insert", deadline, operation -> writes.insertEach(operation, all, made));
    }

    /// Stores all of the documents or, where the database has transactions, none.
    ///
    /// A standalone has none. There, all ids are looked for beforehand. Then the documents are stored in order, as
    /// far as the first that is refused. The embedded database commits them at once.
    ///
    /// @param made whether an `_id` is new, so that no other document can have it
    /// @return the first that is refused; those before it are stored if [Outcome#stored] says so
    public Outcome insertTogether(List<RawBsonDocument> documents, Predicate<BsonValue> made, Deadline deadline) {
        return attempts.run("insert", deadline, operation -> {
            if (operation.kind().transactions()) {
                return Outcome.whole(documents, Transaction.run(operation, it -> writes.insertIn(it, documents)));
            }
            List<Refusal> refusals = writes.takenOf(operation, documents, made, false);
            return refusals.isEmpty()
                    ? Outcome.upTo(documents, writes.insertInOrder(operation, documents, made))
                    : Outcome.whole(documents, refusals);
        });
    }

    /// The document with this id.
    ///
    /// @param most how many bytes there is room for; the result may be larger all the same
    /// @throws LargerException if it takes more
    public Optional<RawBsonDocument> find(BsonValue id, int most, Deadline deadline) {
        if (most <= Reads.MOST_TOGETHER_BYTES && (id.isObjectId() || id.isString())) {
            return attempts.observed("find", () -> finds.run(id, deadline)).get();
        }
        return attempts.run(
                "find",
                deadline,
                operation -> operation.read((database, session) ->
                        Optional.ofNullable(reads.find(target.confirmed(database, session), id, most))));
    }

    private List<Reads.Found> findEach(List<BsonValue> ids, Deadline deadline) {
        return attempts.together(
                "find",
                deadline,
                operation -> operation.read((it, session) -> reads.findEach(target.confirmed(it, session), ids)));
    }

    /// The documents that a query selects, in its order.
    ///
    /// @param timeout for each batch; a whole listing may take as long as its reader likes
    /// @param room    the memory for a batch
    public Scan scan(Query query, Duration timeout, Room room) {
        return new Scan(attempts, target, query, timeout, usualSize, reads, room);
    }

    Scan scan(Query query, Duration timeout) {
        return scan(query, timeout, (bytes, useful, waits) -> useful);
    }

    /// The first id that a query finds and the test accepts.
    public Optional<BsonValue> first(Query query, Predicate<BsonValue> meant, Duration timeout) {
        try (Scan ids = scan(query.ids(), timeout)) {
            for (var document = ids.next(); document != null; document = ids.next()) {
                BsonValue id = DocumentId.of(document);
                if (meant.test(id)) {
                    return Optional.of(id);
                }
            }
            return Optional.empty();
        }
    }

    /// What changes from a place on.
    ///
    /// @param place that a [ChangeStream] has reached; empty for now
    public ChangeStream changes(String place) {
        return attempts.changes(target, place, usualSize.get());
    }

    /// Replaces the document with the same id, or creates it.
    public Change put(RawBsonDocument document, Deadline deadline) {
        return attempts.run("replace", deadline, operation -> changes.put(operation, document));
    }

    /// Like [#put(RawBsonDocument, Deadline)], if the precondition holds for the document that is there at that
    /// moment.
    public Change putIf(
            Predicate<Optional<RawBsonDocument>> precondition, RawBsonDocument document, int most, Deadline deadline) {
        return attempts.run("replace", deadline, operation -> changes.putIf(operation, precondition, document, most));
    }

    /// Replaces a document by the result of `change`, if the precondition holds for that very document.
    ///
    /// @param change keeps the `_id`; may be called several times, each time with a newer document
    /// @param most   how many bytes there is room for
    /// @throws LargerException if the document takes more
    public Change change(
            BsonValue id,
            Predicate<Optional<RawBsonDocument>> precondition,
            UnaryOperator<RawBsonDocument> change,
            int most,
            Deadline deadline) {
        return attempts.run("update", deadline, operation -> changes.change(operation, id, precondition, change, most));
    }

    /// Removes the document with this id.
    public Change delete(BsonValue id, Deadline deadline) {
        return attempts.run("delete", deadline, operation -> changes.delete(operation, id));
    }

    /// Removes the document with this id, if the precondition holds for it at that moment.
    ///
    /// @param most how many bytes there is room for
    /// @throws LargerException if the stored document takes more
    public Change deleteIf(
            BsonValue id, Predicate<Optional<RawBsonDocument>> precondition, int most, Deadline deadline) {
        return attempts.run("delete", deadline, operation -> changes.deleteIf(operation, id, precondition, most));
    }
}
