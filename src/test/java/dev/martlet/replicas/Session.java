package dev.martlet.replicas;

import dev.martlet.replicas.Data.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// What one writing command may read and write: a statement of its own, one that was carried out before, or one of a
/// transaction.
///
/// A retryable statement is known by its session, its `txnNumber` and its place in the command. What it did is
/// remembered in the same log entry as the change. So a primary knows the statement if it has the change, and only
/// then. A statement that changed nothing is not remembered, and is carried out again.
final class Session {

    static final String MEMORIES = "config.transactions";

    /// @param results   of the statements of the last command, by their place
    /// @param committed whether the number is that of a transaction, which is committed
    record Memory(long txnNumber, Map<Integer, BsonDocument> results, boolean committed) {}

    private record Place(String collection, BsonValue key) {}

    private record Written(Optional<RawBsonDocument> value, String what) {}

    /// A transaction that is open.
    static final class Transaction {
        private final long txnNumber;
        private final long snapshot;
        private final Map<Place, Written> writes = new LinkedHashMap<>();

        Transaction(long txnNumber, long snapshot) {
            this.txnNumber = txnNumber;
            this.snapshot = snapshot;
        }

        long txnNumber() {
            return txnNumber;
        }

        long snapshot() {
            return snapshot;
        }

        List<Change> changes() {
            List<Change> changes = new ArrayList<>();
            writes.forEach((place, written) -> changes.add(
                    new Change(place.collection(), place.key(), written.value().orElse(null), written.what())));
            return changes;
        }
    }

    private final Member member;
    private final BsonDocument command;
    private final long deadline;
    private final @Nullable Transaction transaction;
    private final Map<Integer, BsonDocument> results = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private boolean remembered;

    /// @throws Failure if the command belongs to a transaction that is not there, or is older than the session
    Session(Member member, BsonDocument command, long deadline) throws Failure {
        this.member = member;
        this.command = command;
        this.deadline = deadline;
        this.transaction = inTransaction(command) ? transaction(member, command) : null;
        if (transaction == null
                && command.containsKey("txnNumber")
                && member.set().deduplicates()) {
            Memory record = remembered(member, command);
            if (record != null && record.txnNumber() == number(command)) {
                results.putAll(record.results());
            }
        }
    }

    static boolean inTransaction(BsonDocument command) {
        return !command.getBoolean("autocommit", BsonBoolean.TRUE).getValue();
    }

    static boolean ends(BsonDocument command) {
        return command.containsKey("commitTransaction") || command.containsKey("abortTransaction");
    }

    static BsonValue id(BsonDocument command) {
        return command.getDocument("lsid").get("id", BsonBoolean.FALSE);
    }

    static long number(BsonDocument command) {
        return command.getNumber("txnNumber", new BsonInt64(0)).longValue();
    }

    /// What is remembered of the command's session.
    ///
    /// @throws Failure if it is from a later command than this
    static @Nullable Memory remembered(Member member, BsonDocument command) throws Failure {
        var record = (Memory) member.data().at(Long.MAX_VALUE, MEMORIES, id(command));
        if (record != null && record.txnNumber() > number(command)) {
            throw new Failure(
                    Failure.TRANSACTION_TOO_OLD,
                    "a later number than " + number(command) + " was used in this session: " + record.txnNumber());
        }
        return record;
    }

    private static Transaction transaction(Member member, BsonDocument command) throws Failure {
        long number = number(command);
        Transaction open = member.transactions().get(id(command));
        if (command.getBoolean("startTransaction", BsonBoolean.FALSE).getValue()) {
            Memory record = remembered(member, command);
            if (record != null && record.txnNumber() == number) {
                throw new Failure(Failure.TRANSACTION_TOO_OLD, "the number " + number + " was used before");
            }
            open = new Transaction(number, member.last());
            member.transactions().put(id(command), open);
        }
        if (open == null || open.txnNumber() != number) {
            throw new Failure(
                    Failure.NO_SUCH_TRANSACTION,
                    "Given transaction number " + number + " does not match any in-progress transactions.");
        }
        return open;
    }

    /// A read of this command sees the log up to here, unless a transaction changed the document.
    @Nullable
    RawBsonDocument read(String collection, BsonValue key) {
        if (transaction != null) {
            var own = transaction.writes.get(new Place(collection, key));
            return own != null
                    ? own.value().orElse(null)
                    : (RawBsonDocument) member.data().at(transaction.snapshot(), collection, key);
        }
        return (RawBsonDocument) member.data().at(Long.MAX_VALUE, collection, key);
    }

    /// The next key that this command sees.
    @Nullable
    BsonValue keyAfter(String collection, @Nullable BsonValue key) {
        BsonValue next =
                member.data().keyAfter(transaction == null ? Long.MAX_VALUE : transaction.snapshot(), collection, key);
        if (transaction != null) {
            for (var write : transaction.writes.entrySet()) {
                BsonValue own = write.getKey().key();
                if (write.getKey().collection().equals(collection)
                        && write.getValue().value().isPresent()
                        && (key == null || Values.ORDER.compare(own, key) > 0)
                        && (next == null || Values.ORDER.compare(own, next) < 0)) {
                    next = own;
                }
            }
        }
        return next;
    }

    /// Waits for a transaction that has changed the document; a transaction does not wait.
    void hold(String collection, BsonValue key) throws Failure, InterruptedException {
        var place = new Place(collection, key);
        while (member.transactions().values().stream()
                .anyMatch(other -> other != transaction && other.writes.containsKey(place))) {
            if (transaction != null) {
                throw conflict();
            }
            flush();
            member.awaitNews(deadline);
            member.requirePrimary(Failure.INTERRUPTED_BY_STATE_CHANGE);
        }
        if (transaction != null && member.data().changedAt(collection, key) > transaction.snapshot()) {
            throw conflict();
        }
    }

    private Failure conflict() {
        abort();
        return new Failure(
                Failure.WRITE_CONFLICT,
                "Caused by :: Write conflict during plan execution and yielding is disabled. Please retry your operation or multi-document transaction.");
    }

    /// Ends the transaction, as every error in one does.
    void abort() {
        if (transaction != null) {
            member.transactions().remove(id(command));
            member.set().notifyAll();
        }
    }

    /// @param what as change streams call it
    void write(String collection, BsonValue key, @Nullable RawBsonDocument value, String what) {
        if (transaction != null) {
            transaction.writes.put(new Place(collection, key), new Written(Optional.ofNullable(value), what));
            return;
        }
        var change = new Change(collection, key, value, what);
        changes.add(change);
        member.applyNext(change);
    }

    /// What the statement did when it was carried out before.
    @Nullable
    BsonDocument done(int statement) {
        return transaction == null ? results.get(statement) : null;
    }

    void remember(int statement, BsonDocument result) {
        if (transaction == null && command.containsKey("txnNumber")) {
            results.put(statement, result);
            remembered = true;
        }
    }

    /// Puts into the log what was changed.
    void flush() {
        if (remembered) {
            var change = new Change(MEMORIES, id(command), new Memory(number(command), Map.copyOf(results), false), "");
            changes.add(change);
            member.applyNext(change);
            remembered = false;
        }
        if (!changes.isEmpty()) {
            member.append(List.copyOf(changes));
            changes.clear();
        }
    }
}
