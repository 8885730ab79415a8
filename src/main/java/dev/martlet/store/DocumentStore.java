package dev.martlet.store;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoWriteException;
import com.mongodb.WriteError;
import com.mongodb.bulk.BulkWriteError;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.ReplaceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.configuration.CodecRegistries;

/// The document collection, and what can become of an operation on it.
///
/// Every operation waits for a database that is away, within the request's [Deadline]; it ends with an
/// [UnavailableException] when the database stays away. Every write may be sent more than once and takes effect once.
///
/// ```java
/// var deadline = Deadline.in(Duration.ofSeconds(15));
/// boolean stored = store.insert(document, deadline);          // false: the _id is taken
/// Optional<RawBsonDocument> found = store.find(id, deadline);
/// ```
public final class DocumentStore implements AutoCloseable {

    private static final ReplaceOptions UPSERT = new ReplaceOptions().upsert(true);
    private static final Duration PING_TIMEOUT = Duration.ofSeconds(1);
    /// MongoDB's limit for one document, and so for one update statement; 16 KiB are left for the rest of the
    /// statement.
    private static final int MAX_STATEMENT_BYTES = 16 << 20;
    /// A larger document is worth a command of its own, and should not keep others waiting.
    private static final int MOST_TOGETHER_BYTES = 16 << 10;

    private final MongoCollection<RawBsonDocument> collection;
    private final MongoCollection<RawBsonDocument> idempotencyKeys;
    private final Breaker breaker;
    private final Attempts attempts;
    private final Inserts inserts = new Inserts();
    private final AtomicLong usualSize = new AtomicLong();
    private final Changes changes = new Changes();
    private final Reads reads = new Reads(Runtime.getRuntime().maxMemory());

    /// @param connections that the database's client opens at most
    /// @param patience    how long the database may be away before operations are refused at once
    public DocumentStore(
            MongoDatabase database, String collection, int connections, Duration patience, Observer observer) {
        MongoDatabase bytes = database.withCodecRegistry(CodecRegistries.fromRegistries(
                CodecRegistries.fromCodecs(new BytesCodec()), database.getCodecRegistry()));
        this.collection = bytes.getCollection(collection, RawBsonDocument.class);
        this.idempotencyKeys = bytes.getCollection(collection + ".idempotency", RawBsonDocument.class);
        this.breaker = new Breaker(this::ping, patience);
        this.attempts = new Attempts(this.collection, breaker, connections, observer);
    }

    /// The `Idempotency-Key`s under which documents were stored.
    public IdempotencyKeys idempotencyKeys() {
        return new IdempotencyKeys(attempts.on(idempotencyKeys));
    }

    /// Whether the database answers.
    public Breaker breaker() {
        return breaker;
    }

    /// A read that any request might make, of a document that cannot be: what answers it can answer requests. Not of a
    /// null `_id`, for which the embedded database goes through all documents.
    private void ping() {
        collection
                .withTimeout(PING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .find(byId(new BsonString("")))
                .first();
    }

    @Override
    public void close() {
        breaker.close();
    }

    /// Stores a document, whose first member is its `_id`.
    ///
    /// @return whether it is stored; `false` when another document has its `_id`
    /// @throws RejectedException when MongoDB will not have it
    public boolean insert(RawBsonDocument document, Deadline deadline) {
        return attempts.run("insert", deadline, (documents, again) -> {
            Optional<? extends WriteError> error = again || size(document) > MOST_TOGETHER_BYTES
                    ? Inserts.insertEach(documents, List.of(document)).stream().findFirst()
                    : inserts.insert(documents, document, deadline);
            error.ifPresent(DocumentStore::requireDuplicate);
            // The first try may have been stored although its answer was lost.
            return error.isEmpty() || (again && isStored(documents, document));
        });
    }

    private static boolean isStored(MongoCollection<RawBsonDocument> documents, RawBsonDocument document) {
        return document.equals(
                documents.find(Reads.atMost(size(document), byId(id(document)))).first());
    }

    private static void requireDuplicate(WriteError error) {
        if (error.getCategory() != ErrorCategory.DUPLICATE_KEY) {
            throw rejected(error);
        }
    }

    private static RejectedException rejected(WriteError error) {
        return new RejectedException("MongoDB refuses the document (code " + error.getCode() + "): "
                + "rename members whose names begin with `$`, and keep it below 16 MiB and 100 levels.");
    }

    /// Stores many documents, each for itself: one that cannot be stored does not keep back the others.
    ///
    /// @return for each document that is not stored because its `_id` is taken, its place in the list; ascending
    /// @throws RejectedException when MongoDB will not have one of them for another reason; the others may be
    /// stored
    public List<Integer> insertAll(List<RawBsonDocument> all, Deadline deadline) {
        return attempts.run("insert", deadline, (documents, again) -> {
            List<BulkWriteError> errors = Inserts.insertEach(documents, all);
            errors.forEach(DocumentStore::requireDuplicate);
            return errors.stream()
                    .map(BulkWriteError::getIndex)
                    .filter(place -> !(again && isStored(documents, all.get(place))))
                    .sorted()
                    .toList();
        });
    }

    /// Those of the given ids that documents have.
    public List<BsonValue> taken(Collection<BsonValue> ids, Deadline deadline) {
        var filter = new BsonDocument("_id", new BsonDocument("$in", new BsonArray(List.copyOf(ids))));
        return attempts.run("find", deadline, (documents, again) -> {
            var taken = new ArrayList<BsonValue>();
            try (var found = documents
                    .find(filter)
                    .projection(new BsonDocument("_id", new BsonInt32(1)))
                    .iterator()) {
                found.forEachRemaining(document -> taken.add(id(document)));
            }
            return taken;
        });
    }

    /// Whether exactly this document is stored.
    public boolean stored(RawBsonDocument document, Deadline deadline) {
        return attempts.run("find", deadline, (documents, again) -> isStored(documents, document));
    }

    /// The document with this id.
    ///
    /// @param most bytes that there is room for; a larger document may be given all the same
    /// @throws LargerException when it takes more
    public Optional<RawBsonDocument> find(BsonValue id, int most, Deadline deadline) {
        return attempts.run(
                "find", deadline, (documents, again) -> Optional.ofNullable(reads.find(documents, id, most)));
    }

    /// The documents that a query selects, in its order.
    ///
    /// @param timeout for each batch: a listing may take as long as its reader likes
    /// @param room    for a batch
    public Scan scan(Query query, Duration timeout, Room room) {
        return new Scan(attempts, query, timeout, usualSize, reads, room);
    }

    Scan scan(Query query, Duration timeout) {
        return scan(query, timeout, (bytes, useful, waits) -> useful);
    }

    /// The first id that a query finds and that is meant.
    public Optional<BsonValue> first(Query query, Predicate<BsonValue> meant, Duration timeout) {
        try (Scan ids = scan(query.ids(), timeout)) {
            for (var document = ids.next(); document != null; document = ids.next()) {
                BsonValue id = id(document);
                if (meant.test(id)) {
                    return Optional.of(id);
                }
            }
            return Optional.empty();
        }
    }

    /// Puts a document in the place of the one with its id, or where there is none.
    public Change put(RawBsonDocument document, Deadline deadline) {
        var filter = byId(id(document));
        return attempts.run("replace", deadline, (documents, again) -> {
            while (true) {
                try {
                    boolean replaced =
                            documents.replaceOne(filter, document, UPSERT).getMatchedCount() > 0;
                    return replaced ? new Change.Replaced(document) : new Change.Created(document);
                } catch (MongoWriteException e) {
                    // Two upserts of one new id: the slower one is told so and finds the document next time.
                    requireDuplicate(e.getError());
                }
            }
        });
    }

    /// Like [#put(RawBsonDocument, Deadline)], if the precondition holds of the document that is there at that moment.
    ///
    /// @param most bytes that there is room for
    /// @throws LargerException when the one that is there takes more
    public Change putIf(
            Predicate<Optional<RawBsonDocument>> precondition, RawBsonDocument document, int most, Deadline deadline) {
        return attempts.run("replace", deadline, (documents, again) -> {
            while (true) {
                Optional<RawBsonDocument> present = Optional.ofNullable(reads.find(documents, id(document), most));
                if (again && present.filter(document::equals).isPresent()) {
                    return new Change.Replaced(document);
                }
                if (!precondition.test(present)) {
                    return new Change.Refused();
                }
                if (present.isPresent() && swap(documents, present.get(), document)) {
                    return new Change.Replaced(document);
                }
                if (present.isEmpty() && create(documents, document)) {
                    return new Change.Created(document);
                }
                requireTime(deadline);
            }
        });
    }

    /// Puts what `change` makes of a document into its place, if the precondition holds of that very document.
    ///
    /// @param change keeps the `_id`; may be called more than once, each time with a newer document
    /// @param most   bytes that there is room for
    /// @throws LargerException when the document takes more
    public Change change(
            BsonValue id,
            Predicate<Optional<RawBsonDocument>> precondition,
            UnaryOperator<RawBsonDocument> change,
            int most,
            Deadline deadline) {
        try (var _ = changes.turn(id, deadline)) {
            return changeInTurn(id, precondition, change, most, deadline);
        }
    }

    private Change changeInTurn(
            BsonValue id,
            Predicate<Optional<RawBsonDocument>> precondition,
            UnaryOperator<RawBsonDocument> change,
            int most,
            Deadline deadline) {
        return attempts.run("update", deadline, (documents, again) -> {
            while (true) {
                Optional<RawBsonDocument> present = Optional.ofNullable(reads.find(documents, id, most));
                if (!precondition.test(present)) {
                    return new Change.Refused();
                }
                if (present.isEmpty()) {
                    return new Change.Missing();
                }
                RawBsonDocument changed = change.apply(present.get());
                if (changed.equals(present.get()) || swap(documents, present.get(), changed)) {
                    return new Change.Replaced(changed);
                }
                requireTime(deadline);
            }
        });
    }

    /// Removes the document with this id.
    public Change delete(BsonValue id, Deadline deadline) {
        return attempts.run(
                "delete",
                deadline,
                (documents, again) ->
                        // Sent again, "nothing there" is what success of the first try looks like.
                        documents.deleteOne(byId(id)).getDeletedCount() > 0 || again
                                ? new Change.Deleted()
                                : new Change.Missing());
    }

    /// Removes the document with this id, if the precondition holds of it at that moment.
    ///
    /// @param most bytes that there is room for
    /// @throws LargerException when the document takes more
    public Change deleteIf(
            BsonValue id, Predicate<Optional<RawBsonDocument>> precondition, int most, Deadline deadline) {
        return attempts.run("delete", deadline, (documents, again) -> {
            while (true) {
                Optional<RawBsonDocument> present = Optional.ofNullable(reads.find(documents, id, most));
                if (present.isEmpty() && again) {
                    return new Change.Deleted();
                }
                if (!precondition.test(present)) {
                    return new Change.Refused();
                }
                if (present.isEmpty()) {
                    return new Change.Missing();
                }
                if (documents.deleteOne(exactly(present.get(), 0)).getDeletedCount() > 0) {
                    return new Change.Deleted();
                }
                requireTime(deadline);
            }
        });
    }

    private static boolean swap(
            MongoCollection<RawBsonDocument> documents, RawBsonDocument present, RawBsonDocument next) {
        try {
            return documents.replaceOne(exactly(present, size(next)), next).getMatchedCount() > 0;
        } catch (MongoWriteException e) {
            throw rejected(e.getError());
        }
    }

    private static boolean create(MongoCollection<RawBsonDocument> documents, RawBsonDocument document) {
        try {
            documents.insertOne(document);
            return true;
        } catch (MongoWriteException e) {
            requireDuplicate(e.getError());
            return false;
        }
    }

    private static void requireTime(Deadline deadline) {
        if (deadline.remainingMillis() <= 0) {
            throw new UnavailableException("Other writers kept changing the document.");
        }
    }

    /// The `_id` of a document: MongoDB stores none without.
    public static BsonValue id(RawBsonDocument document) {
        return Objects.requireNonNull(document.get("_id"));
    }

    private static BsonDocument byId(BsonValue id) {
        return new BsonDocument("_id", id);
    }

    /// Matches the document only as it is here: the compare of a compare-and-swap, without a version field in the
    /// document.
    ///
    /// MongoDB compares numbers by value. The size tells apart the number types that take a different number of
    /// bytes, so that of two writers who read `1` the second does not win over the first one's `1.0`.
    private static BsonDocument exactly(RawBsonDocument document, int otherBytes) {
        if (size(document) + otherBytes > MAX_STATEMENT_BYTES) {
            throw new RejectedException(
                    "The old and the new document together exceed 16 MiB, which MongoDB cannot compare and swap: "
                            + "replace it with PUT without a condition.");
        }
        var sameValue = new BsonDocument(
                "$eq", new BsonArray(List.of(new BsonString("$$ROOT"), new BsonDocument("$literal", document))));
        var sameSize = new BsonDocument(
                "$eq",
                new BsonArray(List.of(
                        new BsonDocument("$bsonSize", new BsonString("$$ROOT")), new BsonInt32(size(document)))));
        return byId(id(document))
                .append("$expr", new BsonDocument("$and", new BsonArray(List.of(sameValue, sameSize))));
    }

    private static int size(RawBsonDocument document) {
        return document.getByteBuffer().remaining();
    }
}
