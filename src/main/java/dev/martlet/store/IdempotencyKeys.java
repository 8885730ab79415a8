package dev.martlet.store;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.IndexOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.types.ObjectId;

/// Remembers the first request of each `Idempotency-Key`, and the ids of its documents, in a collection beside the
/// documents. A key is forgotten a day after its claim.
///
/// If the database has transactions, one transaction claims the key and stores the documents. Otherwise the order
/// makes retries safe, from any replica and at any time. First the key is claimed, together with the future ids.
/// Then the documents are stored under those ids. Then the key is marked as done. A copy that comes in between
/// stores the same documents under the same ids, and only one of the two succeeds.
public final class IdempotencyKeys {

    private static final Logger LOGGER = System.getLogger(IdempotencyKeys.class.getName());
    private static final Duration KEPT = Duration.ofDays(1);
    /// Somebody else has made a different index.
    private static final Set<Integer> INDEX_CONFLICTS = Set.of(85, 86);
    /// The place of the key itself, among those of its documents.
    private static final int KEY = -1;

    private final Attempts attempts;
    private final Writes documents;
    private final Writes keys;
    private volatile boolean indexed;

    IdempotencyKeys(Attempts attempts, Writes documents, Writes keys) {
        this.attempts = attempts;
        this.documents = documents;
        this.keys = keys;
    }

    /// What a request sends, and what identifies it.
    ///
    /// @param key    its `Idempotency-Key`
    /// @param digest of its content
    /// @param first  a new id: the first of those that the service makes for its documents
    /// @param under  its documents, if their ids begin at another id
    public record Request(
            String key, BsonBinary digest, ObjectId first, Function<ObjectId, List<RawBsonDocument>> under) {

        private BsonDocument filter() {
            return Target.byId(new BsonString(key));
        }

        private RawBsonDocument claim(boolean done) {
            return new RawBsonDocument(
                    filter().append("request", digest)
                            .append("id", new BsonObjectId(first))
                            .append("done", BsonBoolean.valueOf(done))
                            .append("at", new BsonDateTime(Instant.now().toEpochMilli())),
                    new BsonDocumentCodec());
        }
    }

    /// Stores the documents of a request, unless an earlier copy of the request did.
    public Keyed insert(Request request, Deadline deadline) {
        return attempts.run("insert", deadline, operation -> {
            index(operation);
            return operation.kind().transactions() ? atOnce(operation, request) : inSteps(operation, request);
        });
    }

    private Keyed atOnce(Operation operation, Request request) {
        RawBsonDocument claim = request.claim(true);
        List<RawBsonDocument> all = request.under().apply(request.first());
        while (true) {
            List<Refusal> refusals = Transaction.run(operation, transaction -> {
                List<Refusal> claimed = keys.insertIn(transaction, List.of(claim));
                return claimed.isEmpty()
                        ? documents.insertIn(transaction, all)
                        : List.of(claimed.getFirst().at(KEY));
            });
            if (refusals.isEmpty() || refusals.getFirst().place() != KEY) {
                return result(request.first(), Outcome.whole(all, refusals));
            }
            Optional<Keyed> earlier =
                    present(operation, request).flatMap(present -> follow(operation, request, present));
            if (earlier.isPresent()) {
                return earlier.get();
            }
            // The key expired in between, or a majority does not have it yet.
            operation.again(Trouble.unconfirmed(), true);
        }
    }

    private Keyed inSteps(Operation operation, Request request) {
        RawBsonDocument claim = request.claim(false);
        while (true) {
            if (keys.insertEach(operation, List.of(claim), id -> true).isEmpty()) {
                return complete(operation, request, request.first());
            }
            Optional<Keyed> earlier =
                    present(operation, request).flatMap(present -> follow(operation, request, present));
            if (earlier.isPresent()) {
                return earlier.get();
            }
            operation.again(Trouble.unconfirmed(), true);
        }
    }

    private Optional<RawBsonDocument> present(Operation operation, Request request) {
        return operation.read((database, session) -> Optional.ofNullable(keys.target()
                .confirmed(database, session)
                .find(request.filter())
                .first()));
    }

    /// Finishes an earlier copy of the request. Empty if the key has become free.
    private Optional<Keyed> follow(Operation operation, Request request, RawBsonDocument claim) {
        if (expired(claim)) {
            // Deletes this claim only, and not one that has replaced it meanwhile.
            operation.write(keys.target().delete(request.filter().append("at", claim.get("at"))));
            return Optional.empty();
        }
        if (!claim.getBinary("request").equals(request.digest())) {
            return Optional.of(new Keyed.Foreign());
        }
        ObjectId first = claim.getObjectId("id").getValue();
        return Optional.of(
                claim.getBoolean("done").getValue() ? new Keyed.Stored(first, 0) : complete(operation, request, first));
    }

    /// The database removes expired claims only now and then.
    private static boolean expired(RawBsonDocument claim) {
        Instant claimed = Instant.ofEpochMilli(claim.getDateTime("at").getValue());
        return claimed.plus(KEPT).isBefore(Instant.now());
    }

    private Keyed complete(Operation operation, Request request, ObjectId first) {
        List<RawBsonDocument> all = request.under().apply(first);
        List<Refusal> refusals = all.size() > 1 ? documents.takenOf(operation, all, id -> false, true) : List.of();
        if (!refusals.isEmpty()) {
            return result(first, Outcome.whole(all, refusals));
        }
        Outcome outcome = Outcome.upTo(all, documents.insertInOrder(operation, all, id -> true));
        if (outcome.refusal().isEmpty()) {
            var done = new BsonDocument("$set", new BsonDocument("done", BsonBoolean.TRUE));
            operation.write(keys.target().update(request.filter(), done, false));
        }
        return result(first, outcome);
    }

    private static Keyed result(ObjectId first, Outcome outcome) {
        return outcome.refusal().isEmpty()
                ? new Keyed.Stored(first, outcome.stored())
                : new Keyed.Refused(first, outcome);
    }

    private void index(Operation operation) {
        if (indexed) {
            return;
        }
        operation.ask(database -> {
            try {
                return keys.target()
                        .collection(database)
                        .createIndex(
                                new BsonDocument("at", new BsonInt32(1)),
                                new IndexOptions().expireAfter(KEPT.toSeconds(), TimeUnit.SECONDS));
            } catch (MongoCommandException e) {
                if (!INDEX_CONFLICTS.contains(e.getErrorCode())) {
                    throw e;
                }
                LOGGER.log(
                        Level.WARNING,
                        "The collection of idempotency keys has an index on `at` that is not this service's, "
                                + "so that keys may be kept for more or less than a day: drop that index, and restart");
                return "";
            }
        });
        indexed = true;
    }
}
