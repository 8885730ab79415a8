package dev.martlet.local;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/// Change streams of one collection: an `aggregate` that begins with `$changeStream`, and the `getMore` that
/// follow.
///
/// After `$changeStream`, a pipeline may have `$match`, and a `$project` that leaves out the description of updates,
/// which is not there anyway. There are two differences to MongoDB. An update comes
/// with the document that *this* update left, and without a description. A stream whose collection is dropped ends
/// with the error that its history is lost; MongoDB would send `drop` and `invalidate`.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/aggregation/changeStream/">$changeStream</a>
final class ChangeCommands {

    private static final String STAGE = "$changeStream";
    private static final BsonDocument WITHOUT_DESCRIPTION =
            new BsonDocument("$project", new BsonDocument("updateDescription", new BsonInt32(0)));
    private static final Set<String> OPTIONS =
            Set.of("fullDocument", "resumeAfter", "startAfter", "startAtOperationTime");
    private static final int FIRST_BATCH = 101;
    private static final int PATIENCE_MILLIS = 1000; // MongoDB's default

    private final Storage storage;
    private final OpenCursors cursors;

    ChangeCommands(Storage storage, OpenCursors cursors) {
        this.storage = storage;
        this.cursors = cursors;
    }

    static boolean areMeant(Command aggregate) {
        BsonArray pipeline = aggregate.array("pipeline");
        return !pipeline.isEmpty() && pipeline.getFirst() instanceof BsonDocument first && first.containsKey(STAGE);
    }

    BsonDocument watch(Command command) {
        BsonArray pipeline = command.array("pipeline");
        BsonDocument options = Command.document(pipeline.getFirst().asDocument(), STAGE);
        for (String option : options.keySet()) {
            if (!OPTIONS.contains(option)) {
                throw new CommandFailure(
                        40415, "Location40415", "the embedded database does not know " + STAGE + "." + option);
            }
        }
        var wanted = Matcher.parse(match(pipeline));
        boolean looksUp = looksUp(options);
        String namespace = command.namespace();
        var cursor = new ChangeCursor(storage, namespace, position(changes(namespace), options), wanted, looksUp);
        int count = batchSize(command.document("cursor"), FIRST_BATCH);
        BsonArray events = cursor.next(count, Duration.ZERO, () -> false);
        return answer(namespace, "firstBatch", events, cursors.add(cursor), cursor);
    }

    private static BsonDocument match(BsonArray pipeline) {
        var all = new BsonArray();
        for (BsonValue stage : pipeline.subList(1, pipeline.size())) {
            if (stage.equals(WITHOUT_DESCRIPTION)) {
                continue;
            }
            Map.Entry<String, BsonValue> only =
                    stage.asDocument().entrySet().iterator().next();
            if (!only.getKey().equals("$match")) {
                throw new CommandFailure(
                        40324,
                        "Location40324",
                        "the embedded database does not know " + only.getKey() + " in a change stream");
            }
            all.add(only.getValue());
        }
        return all.isEmpty() ? new BsonDocument() : new BsonDocument("$and", all);
    }

    private static boolean looksUp(BsonDocument options) {
        String mode =
                options.getString("fullDocument", new BsonString("default")).getValue();
        return switch (mode) {
            case "updateLookup" -> true;
            case "default" -> false;
            default -> throw CommandFailure.badValue("the embedded database does not know fullDocument: " + mode);
        };
    }

    private ChangeLog changes(String namespace) {
        ChangeLog changes = storage.read(generation -> generation.changes(namespace));
        return changes == null ? storage.change(generation -> generation.watched(namespace)) : changes;
    }

    private static long position(ChangeLog changes, BsonDocument options) {
        for (String option : Set.of("resumeAfter", "startAfter")) {
            if (options.get(option) instanceof BsonDocument token) {
                long position = ChangeCursor.position(token);
                changes.requireKept(position);
                return position;
            }
        }
        return options.get("startAtOperationTime") instanceof BsonTimestamp time
                ? changes.before(time)
                : changes.told();
    }

    private static int batchSize(BsonDocument of, int otherwise) {
        return of.isNumber("batchSize") ? of.getNumber("batchSize").intValue() : otherwise;
    }

    /// @param abandoned whether nobody waits for the answer any more
    BsonDocument getMore(Command command, long id, ChangeCursor cursor, BooleanSupplier abandoned) {
        String namespace = command.database() + "." + command.string("collection");
        try {
            Duration patience = Duration.ofMillis(command.number("maxTimeMS", PATIENCE_MILLIS));
            int count = Math.max(1, batchSize(command.body(), Integer.MAX_VALUE));
            return answer(namespace, "nextBatch", cursor.next(count, patience, abandoned), id, cursor);
        } catch (CommandFailure e) {
            if (!e.isCursorInUse()) {
                cursors.remove(id);
            }
            throw e;
        }
    }

    private static BsonDocument answer(String namespace, String field, BsonArray events, long id, ChangeCursor cursor) {
        BsonDocument answer = OpenCursors.batch(namespace, field, events, id);
        answer.getDocument("cursor").append("postBatchResumeToken", cursor.resumeToken());
        return answer;
    }
}
