package dev.martlet.store;

import dev.martlet.json.DocumentId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// Replaces and removes single documents.
final class Changes {

    /// MongoDB's limit for one document, and so for one update statement. 16 KiB are left for the rest of the
    /// statement.
    private static final int MOST_STATEMENT_BYTES = 16 << 20;

    /// More than there are requests at once. So writers of different documents rarely share a lock.
    private static final int LANES = 1 << 10;

    private final Target target;
    private final Reads reads;
    /// Writers of this process that change the same document take turns here. Without this, most of 64 writers at
    /// once lost every round.
    private final Semaphore[] lanes =
            Stream.generate(() -> new Semaphore(1, true)).limit(LANES).toArray(Semaphore[]::new);

    Changes(Target target, Reads reads) {
        this.target = target;
        this.reads = reads;
    }

    Change put(Operation operation, RawBsonDocument document) {
        while (true) {
            Acknowledgement reply =
                    operation.write(target.update(Target.byId(DocumentId.of(document)), document, true));
            if (!refusedForItsId(reply)) {
                return reply.created() ? new Change.Created(document) : new Change.Replaced(document);
            }
            // Two upserts of one new id: the slower one gets this error, and finds the document next time.
            operation.afterOthers();
        }
    }

    Change delete(Operation operation, BsonValue id) {
        Acknowledgement reply = operation.write(target.delete(Target.byId(id)));
        // For a command that is sent again, "nothing there" is what success of the first copy looks like.
        return reply.count() > 0 || reply.doubt() ? new Change.Deleted() : new Change.Missing();
    }

    Change putIf(
            Operation operation,
            Predicate<Optional<RawBsonDocument>> precondition,
            RawBsonDocument document,
            int most) {
        return swap(
                operation,
                DocumentId.of(document),
                most,
                precondition,
                present -> present.isPresent() ? new Change.Replaced(document) : new Change.Created(document));
    }

    Change change(
            Operation operation,
            BsonValue id,
            Predicate<Optional<RawBsonDocument>> precondition,
            UnaryOperator<RawBsonDocument> change,
            int most) {
        return swap(operation, id, most, precondition, present -> present.<Change>map(
                        document -> new Change.Replaced(change.apply(document)))
                .orElseGet(Change.Missing::new));
    }

    Change deleteIf(Operation operation, BsonValue id, Predicate<Optional<RawBsonDocument>> precondition, int most) {
        return swap(
                operation,
                id,
                most,
                precondition,
                present -> present.isPresent() ? new Change.Deleted() : new Change.Missing());
    }

    /// A compare-and-swap. It is repeated until nobody has changed the document in between.
    ///
    /// @param wanted what is to become of a document for which the precondition holds; missing means nothing
    /// @param most   how many bytes there is room for
    /// @throws LargerException if the document takes more
    private Change swap(
            Operation operation,
            BsonValue id,
            int most,
            Predicate<Optional<RawBsonDocument>> precondition,
            Function<Optional<RawBsonDocument>, Change> wanted) {
        Function<Optional<RawBsonDocument>, Change> intent =
                present -> precondition.test(present) ? wanted.apply(present) : new Change.Refused(present);
        Semaphore lane = lanes[Math.floorMod(id.hashCode(), LANES)];
        operation.await(lane);
        try {
            return swapUntilItHolds(operation, id, most, intent);
        } finally {
            lane.release();
        }
    }

    private Change swapUntilItHolds(
            Operation operation, BsonValue id, int most, Function<Optional<RawBsonDocument>, Change> intent) {
        // An earlier round may have done it already.
        Optional<Change> doubtful = Optional.empty();
        while (true) {
            Optional<RawBsonDocument> present =
                    doubtful.isEmpty() ? newest(operation, id, most) : confirmed(operation, id, most);
            if (doubtful.filter(change -> isDone(change, present)).isPresent()) {
                return doubtful.get();
            }
            Change change = intent.apply(present);
            if (change instanceof Change.Missing) {
                return change;
            }
            if (change instanceof Change.Refused) {
                requireCertainty(doubtful);
                return change;
            }
            if (tooLargeToConfirm(change, present)) {
                doubtful = Optional.of(change);
            } else {
                Acknowledgement reply = operation.write(command(present, change));
                if (!refusedForItsId(reply) && reply.count() > 0) {
                    return change;
                }
                if (reply.doubt()) {
                    doubtful = Optional.of(change);
                }
            }
            operation.afterOthers();
        }
    }

    private Optional<RawBsonDocument> newest(Operation operation, BsonValue id, int most) {
        return operation.ask(database -> Optional.ofNullable(reads.find(target.newest(database), id, most)));
    }

    private Optional<RawBsonDocument> confirmed(Operation operation, BsonValue id, int most) {
        return operation.read(
                (database, session) -> Optional.ofNullable(reads.find(target.confirmed(database, session), id, most)));
    }

    private static void requireCertainty(Optional<Change> doubtful) {
        if (doubtful.isPresent()) {
            throw new UnavailableException("A reply of the database was lost, and another change has followed");
        }
    }

    /// Whether the change does nothing, and the document is too large for a confirming write. Then a majority read
    /// confirms it.
    private static boolean tooLargeToConfirm(Change change, Optional<RawBsonDocument> present) {
        return change instanceof Change.Replaced(RawBsonDocument next)
                && 2 * next.getByteLength() > MOST_STATEMENT_BYTES
                && present.filter(next::equals).isPresent();
    }

    private static boolean isDone(Change change, Optional<RawBsonDocument> present) {
        return switch (change) {
            case Change.Created(RawBsonDocument document) ->
                present.filter(document::equals).isPresent();
            case Change.Replaced(RawBsonDocument document) ->
                present.filter(document::equals).isPresent();
            default -> present.isEmpty();
        };
    }

    private BsonDocument command(Optional<RawBsonDocument> present, Change change) {
        return switch (change) {
            case Change.Created(RawBsonDocument document) -> target.insert(List.of(document), true);
            // Even if nothing changes. A majority may not have the document yet, and the write waits until it has.
            case Change.Replaced(RawBsonDocument document) ->
                target.update(exactly(present.orElseThrow(), document.getByteLength()), document, false);
            default -> target.delete(exactly(present.orElseThrow(), 0));
        };
    }

    /// @throws RejectedException if it is refused for any other reason
    private static boolean refusedForItsId(Acknowledgement reply) {
        List<Refusal> refusals = reply.refusals();
        refusals.stream().filter(refusal -> !refusal.taken()).findFirst().ifPresent(refusal -> {
            throw refusal.why();
        });
        return !refusals.isEmpty();
    }

    /// Matches the document only if it is exactly this one. This is the compare of a compare-and-swap, without a
    /// version field in the document.
    ///
    /// MongoDB compares numbers by value. The size distinguishes number types of different lengths. So if two
    /// writers read `1`, and the first writes `1.0`, the second does not win.
    private static BsonDocument exactly(RawBsonDocument document, int otherBytes) {
        int size = document.getByteLength();
        if (size + otherBytes > MOST_STATEMENT_BYTES) {
            throw new RejectedException(
                    "The old and the new document together exceed 16 MiB, which MongoDB cannot compare and swap: "
                            + "replace it with PUT without a condition.");
        }
        var sameValue = new BsonDocument(
                "$eq", new BsonArray(List.of(new BsonString("$$ROOT"), new BsonDocument("$literal", document))));
        var sameSize = new BsonDocument(
                "$eq",
                new BsonArray(List.of(new BsonDocument("$bsonSize", new BsonString("$$ROOT")), new BsonInt32(size))));
        return Target.byId(DocumentId.of(document))
                .append("$expr", new BsonDocument("$and", new BsonArray(List.of(sameValue, sameSize))));
    }
}
