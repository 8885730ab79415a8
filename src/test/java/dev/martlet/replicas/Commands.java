package dev.martlet.replicas;

import dev.martlet.replicas.Data.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/// What the commands do. It has those that the service and its tests send.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/">Database commands</a>
final class Commands {

    private final Member member;

    Commands(Member member) {
        this.member = member;
    }

    static boolean writes(String name) {
        return switch (name) {
            case "insert", "update", "delete", "createIndexes", "drop", "dropDatabase", "commitTransaction" -> true;
            case "abortTransaction" -> true;
            default -> false;
        };
    }

    static boolean reads(String name) {
        return name.equals("find") || name.equals("aggregate") || name.equals("getMore");
    }

    /// @throws Failure if the command fails as a whole
    BsonDocument run(String name, BsonDocument command, long deadline) throws Failure, InterruptedException {
        return switch (name) {
            case "ping", "endSessions", "logout" -> ok();
            case "buildInfo", "buildinfo" -> ok().append("version", new BsonString("8.0.0"));
            case "find" -> find(command, deadline);
            case "aggregate" -> watch(command);
            case "getMore" -> getMore(command, deadline);
            case "killCursors" -> killCursors(command);
            case "insert" -> write(command, deadline, "documents", this::insert);
            case "update" -> write(command, deadline, "updates", this::update);
            case "delete" -> write(command, deadline, "deletes", this::delete);
            case "createIndexes" -> ok().append("numIndexesBefore", new BsonInt32(1));
            case "drop" -> drop(command, deadline);
            case "dropDatabase" -> ok();
            case "commitTransaction" -> commit(command);
            case "abortTransaction" -> abort(command);
            default -> throw new Failure(59, "no such command: '" + name + "'");
        };
    }

    private static BsonDocument ok() {
        return new BsonDocument("ok", new BsonDouble(1));
    }

    private static String collection(BsonDocument command) {
        return command.getString("$db").getValue() + "."
                + command.getString(command.getFirstKey()).getValue();
    }

    private interface Statement {
        /// @return what it did: `n`, `nModified`, `upserted`; or its error, with a `code`
        BsonDocument run(Session session, String collection, BsonDocument statement)
                throws Failure, InterruptedException;
    }

    private BsonDocument write(BsonDocument command, long deadline, String name, Statement work)
            throws Failure, InterruptedException {
        String collection = collection(command);
        boolean ordered = command.getBoolean("ordered", BsonBoolean.TRUE).getValue();
        BsonArray statements = command.getArray(name);
        var session = new Session(member, command, deadline);
        var results = new ArrayList<BsonDocument>();
        var retried = new BsonArray();
        boolean refused = false;
        try {
            for (int i = 0; i < statements.size() && !(refused && ordered); i++) {
                BsonDocument result = session.done(i);
                if (result == null) {
                    result = work.run(session, collection, statements.get(i).asDocument());
                    refused |= result.containsKey("code");
                    if (changedSomething(result)) {
                        session.remember(i, result);
                    }
                } else {
                    retried.add(new BsonInt32(i));
                }
                results.add(result);
            }
        } finally {
            session.flush();
        }
        if (refused) {
            session.abort();
        }
        BsonDocument answer = answer(results, name.equals("updates"));
        return retried.isEmpty() ? answer : answer.append("retriedStmtIds", retried);
    }

    /// A statement that changed nothing is not in the log. A server that is asked again carries it out again.
    private static boolean changedSomething(BsonDocument result) {
        return !result.containsKey("code")
                && result.getInt32(
                                        result.containsKey("nModified") && !result.containsKey("upserted")
                                                ? "nModified"
                                                : "n")
                                .getValue()
                        > 0;
    }

    private static BsonDocument answer(List<BsonDocument> results, boolean update) {
        var errors = new BsonArray();
        var upserted = new BsonArray();
        int n = 0;
        int modified = 0;
        for (int i = 0; i < results.size(); i++) {
            BsonDocument result = results.get(i);
            if (result.containsKey("code")) {
                var error = new BsonDocument("index", new BsonInt32(i));
                error.putAll(result);
                errors.add(error);
                continue;
            }
            n += result.getInt32("n").getValue();
            modified += result.getInt32("nModified", new BsonInt32(0)).getValue();
            if (result.containsKey("upserted")) {
                upserted.add(new BsonDocument("index", new BsonInt32(i)).append("_id", result.get("upserted")));
            }
        }
        BsonDocument answer = ok().append("n", new BsonInt32(n));
        if (update) {
            answer.append("nModified", new BsonInt32(modified));
        }
        if (!upserted.isEmpty()) {
            answer.append("upserted", upserted);
        }
        return errors.isEmpty() ? answer : answer.append("writeErrors", errors);
    }

    private static BsonDocument count(int n) {
        return new BsonDocument("n", new BsonInt32(n));
    }

    private BsonDocument insert(Session session, String collection, BsonDocument document)
            throws Failure, InterruptedException {
        BsonValue key = document.get("_id", new BsonObjectId(new ObjectId()));
        session.hold(collection, key);
        if (session.read(collection, key) != null) {
            return duplicate(collection, key);
        }
        session.write(collection, key, Wire.raw(withId(document, key)), "insert");
        return count(1);
    }

    private static BsonDocument duplicate(String collection, BsonValue key) {
        return new BsonDocument("code", new BsonInt32(Failure.DUPLICATE_KEY))
                .append(
                        "errmsg",
                        new BsonString("E11000 duplicate key error collection: " + collection
                                + " index: _id_ dup key: { _id: " + key + " }"))
                .append("keyPattern", new BsonDocument("_id", new BsonInt32(1)))
                .append("keyValue", new BsonDocument("_id", key));
    }

    private static BsonDocument withId(BsonDocument document, BsonValue key) {
        if (document.containsKey("_id")) {
            return document;
        }
        var complete = new BsonDocument("_id", key);
        complete.putAll(document);
        return complete;
    }

    private BsonDocument update(Session session, String collection, BsonDocument statement)
            throws Failure, InterruptedException {
        BsonDocument filter = statement.getDocument("q");
        if (!statement.get("u", BsonBoolean.FALSE).isDocument()) {
            throw new Failure(2, "an update by pipeline is not in these test members");
        }
        BsonDocument change = statement.getDocument("u");
        boolean all = statement.getBoolean("multi", BsonBoolean.FALSE).getValue();
        int matched = 0;
        int modified = 0;
        for (BsonValue key : held(session, collection, filter, all)) {
            RawBsonDocument present = session.read(collection, key);
            if (present == null || !Values.matches(filter, present)) {
                continue;
            }
            matched++;
            RawBsonDocument next = Wire.raw(changed(present, change, key));
            if (!next.equals(present)) {
                session.write(collection, key, next, replaces(change) ? "replace" : "update");
                modified++;
            }
        }
        BsonDocument result = count(matched).append("nModified", new BsonInt32(modified));
        if (matched == 0 && statement.getBoolean("upsert", BsonBoolean.FALSE).getValue()) {
            BsonValue key = change.get("_id", filter.get("_id", new BsonObjectId(new ObjectId())));
            session.hold(collection, key);
            if (session.read(collection, key) != null) {
                return duplicate(collection, key);
            }
            session.write(collection, key, Wire.raw(changed(new BsonDocument("_id", key), change, key)), "insert");
            return result.append("n", new BsonInt32(1)).append("upserted", key);
        }
        return result;
    }

    private static boolean replaces(BsonDocument change) {
        return change.isEmpty() || !change.getFirstKey().startsWith("$");
    }

    private static BsonDocument changed(BsonDocument present, BsonDocument change, BsonValue key) throws Failure {
        if (replaces(change)) {
            return withId(change, key);
        }
        var next = new BsonDocument();
        next.putAll(present);
        for (Map.Entry<String, BsonValue> operator : change.entrySet()) {
            switch (operator.getKey()) {
                case "$set" -> next.putAll(operator.getValue().asDocument());
                case "$unset" -> operator.getValue().asDocument().keySet().forEach(next::remove);
                default -> throw new Failure(9, "Unknown modifier: " + operator.getKey());
            }
        }
        return next;
    }

    private BsonDocument delete(Session session, String collection, BsonDocument statement)
            throws Failure, InterruptedException {
        BsonDocument filter = statement.getDocument("q");
        boolean all = statement.getNumber("limit").intValue() == 0;
        int deleted = 0;
        for (BsonValue key : held(session, collection, filter, all)) {
            RawBsonDocument present = session.read(collection, key);
            if (present != null && Values.matches(filter, present)) {
                session.write(collection, key, null, "delete");
                deleted++;
            }
        }
        return count(deleted);
    }

    /// The keys that a writing statement may change. It holds them, so no transaction changes them meanwhile.
    private List<BsonValue> held(Session session, String collection, BsonDocument filter, boolean all)
            throws Failure, InterruptedException {
        BsonValue id = Keys.only(filter);
        List<BsonValue> keys = new ArrayList<>();
        if (id != null) {
            session.hold(collection, id);
            keys.add(id);
            return keys;
        }
        for (BsonValue key = session.keyAfter(collection, null);
                key != null && (all || keys.isEmpty());
                key = session.keyAfter(collection, key)) {
            RawBsonDocument present = session.read(collection, key);
            if (present != null && Values.matches(filter, present)) {
                session.hold(collection, key);
                keys.add(key);
            }
        }
        return keys;
    }

    private BsonDocument drop(BsonDocument command, long deadline) throws Failure, InterruptedException {
        String collection = collection(command);
        var session = new Session(member, command, deadline);
        for (BsonValue key : held(session, collection, new BsonDocument(), true)) {
            // MongoDB tells one `drop` and an `invalidate`, which is not in these test members.
            session.write(collection, key, null, "");
        }
        session.flush();
        return ok();
    }

    // Transactions

    private BsonDocument commit(BsonDocument command) throws Failure {
        Session.Memory record = Session.remembered(member, command);
        if (record != null && record.txnNumber() == Session.number(command) && record.committed()) {
            return ok();
        }
        Session.Transaction open = required(command);
        List<Change> changes = new ArrayList<>(open.changes());
        changes.add(new Change(
                Session.MEMORIES, Session.id(command), new Session.Memory(open.txnNumber(), Map.of(), true), ""));
        changes.forEach(member::applyNext);
        member.append(changes);
        return end(command);
    }

    private BsonDocument abort(BsonDocument command) throws Failure {
        Session.Memory record = Session.remembered(member, command);
        if (record != null && record.txnNumber() == Session.number(command) && record.committed()) {
            throw new Failure(256, "Transaction has been committed");
        }
        required(command);
        return end(command);
    }

    private Session.Transaction required(BsonDocument command) throws Failure {
        Session.Transaction open = member.transactions().get(Session.id(command));
        if (open == null || open.txnNumber() != Session.number(command)) {
            throw new Failure(
                    Failure.NO_SUCH_TRANSACTION,
                    "Transaction with txnNumber " + Session.number(command) + " has been aborted.");
        }
        return open;
    }

    private BsonDocument end(BsonDocument command) {
        member.transactions().remove(Session.id(command));
        member.set().notifyAll();
        return ok();
    }

    // Reads

    private BsonDocument find(BsonDocument command, long deadline) throws Failure, InterruptedException {
        BsonDocument concern = command.getDocument("readConcern", new BsonDocument());
        boolean inTransaction = Session.inTransaction(command);
        boolean majority = !inTransaction
                && concern.getString("level", new BsonString("local"))
                        .getValue()
                        .equals("majority");
        if (concern.containsKey("afterClusterTime")) {
            while (member.time(majority ? member.committed() : member.last())
                            .compareTo(concern.getTimestamp("afterClusterTime"))
                    < 0) {
                member.awaitNews(deadline);
            }
        }
        var session = inTransaction ? new Session(member, command, deadline) : null;
        var cursor = new Cursor(member, command, collection(command), majority, session);
        int batchSize = command.getNumber("batchSize", new BsonInt32(101)).intValue();
        BsonArray batch = cursor.next(batchSize);
        boolean single = command.getBoolean("singleBatch", BsonBoolean.FALSE).getValue();
        return cursor(collection(command), single ? 0 : member.keep(cursor), "firstBatch", batch);
    }

    private BsonDocument watch(BsonDocument command) throws Failure {
        var watch = new Watch(member, command, collection(command));
        long id = member.keep(watch);
        return cursor(
                collection(command),
                id,
                "firstBatch",
                watch.next(command.getDocument("cursor")
                        .getNumber("batchSize", new BsonInt32(101))
                        .intValue()),
                watch.place());
    }

    /// Waits for the next change as long as the command says. It is no failure if none comes.
    private BsonDocument getMore(Watch watch, BsonDocument command, long id, long deadline)
            throws Failure, InterruptedException {
        int most =
                command.getNumber("batchSize", new BsonInt32(Integer.MAX_VALUE)).intValue();
        BsonArray batch = watch.next(most);
        while (batch.isEmpty() && System.nanoTime() - deadline < 0) {
            try {
                member.awaitNews(deadline);
            } catch (Failure e) {
                break;
            }
            if (member.watches().get(id) != watch) {
                throw new Failure(Failure.INTERRUPTED_BY_STATE_CHANGE, "operation was interrupted");
            }
            batch = watch.next(most);
        }
        return cursor(watch.collection(), id, "nextBatch", batch, watch.place());
    }

    private BsonDocument getMore(BsonDocument command, long deadline) throws Failure, InterruptedException {
        long id = command.getNumber("getMore").longValue();
        Watch watch = member.watches().get(id);
        if (watch != null) {
            return getMore(watch, command, id, deadline);
        }
        Cursor cursor = member.cursors().remove(id);
        if (cursor == null) {
            throw new Failure(43, "cursor id " + id + " not found");
        }
        BsonArray batch = cursor.next(
                command.getNumber("batchSize", new BsonInt32(Integer.MAX_VALUE)).intValue());
        if (!cursor.ended()) {
            member.cursors().put(id, cursor);
        }
        String name = command.getString("$db").getValue() + "."
                + command.getString("collection").getValue();
        return cursor(name, cursor.ended() ? 0 : id, "nextBatch", batch);
    }

    private static BsonDocument cursor(String collection, long id, String name, BsonArray batch, String place) {
        BsonDocument answer = cursor(collection, id, name, batch);
        answer.getDocument("cursor").append("postBatchResumeToken", new BsonDocument("_data", new BsonString(place)));
        return answer;
    }

    private static BsonDocument cursor(String collection, long id, String name, BsonArray batch) {
        return ok().append(
                        "cursor",
                        new BsonDocument("id", new BsonInt64(id))
                                .append("ns", new BsonString(collection))
                                .append(name, batch));
    }

    private BsonDocument killCursors(BsonDocument command) {
        Consumer<BsonValue> kill = id -> {
            member.cursors().remove(id.asNumber().longValue());
            member.watches().remove(id.asNumber().longValue());
        };
        command.getArray("cursors").forEach(kill);
        return ok().append("cursorsKilled", command.getArray("cursors"));
    }

    /// Which keys a filter can select.
    static final class Keys {

        private Keys() {}

        /// The only key, or `null` if there may be others.
        static @Nullable BsonValue only(BsonDocument filter) {
            BsonValue id = filter.get("_id");
            return id instanceof BsonDocument operators
                            && !operators.isEmpty()
                            && operators.getFirstKey().startsWith("$")
                    ? operators.get("$eq")
                    : id;
        }

        /// A key before all that the filter can select, or `null`.
        static @Nullable BsonValue before(BsonDocument filter) {
            if (filter.containsKey("$and")) {
                return before(filter.getArray("$and").getFirst().asDocument());
            }
            return filter.get("_id") instanceof BsonDocument range ? range.get("$gt") : null;
        }
    }
}
