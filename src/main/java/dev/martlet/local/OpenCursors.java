package dev.martlet.local;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;

/// The cursors that clients hold. As in MongoDB, a cursor is dropped if nobody has used it for ten minutes. It is
/// not dropped when its connection closes, because a driver may fetch the next batch over another one.
final class OpenCursors {

    private static final Duration LONGEST_IDLE = Duration.ofMinutes(10);

    /// What a cursor stands for.
    interface Held {

        boolean isIdleFor(Duration longest);

        /// Ends it, even in the middle of a batch.
        void close();
    }

    private final Map<Long, Held> cursors = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();

    long add(Held cursor) {
        dropIdle();
        long id = lastId.incrementAndGet();
        cursors.put(id, cursor);
        return id;
    }

    Held get(long id) {
        Held cursor = cursors.get(id);
        if (cursor == null) {
            throw new CommandFailure(43, "CursorNotFound", "cursor id " + id + " not found");
        }
        return cursor;
    }

    boolean remove(long id) {
        Held cursor = cursors.remove(id);
        if (cursor != null) {
            cursor.close();
        }
        return cursor != null;
    }

    /// The command `killCursors`.
    BsonDocument kill(Command command) {
        var killed = new BsonArray();
        var unknown = new BsonArray();
        for (BsonValue id : command.array("cursors")) {
            (id.isInt64() && remove(id.asInt64().getValue()) ? killed : unknown).add(id);
        }
        return new BsonDocument("cursorsKilled", killed)
                .append("cursorsNotFound", unknown)
                .append("ok", new BsonDouble(1));
    }

    /// An answer with documents. A cursor of 0 means that there are no more.
    static BsonDocument batch(String namespace, String field, BsonArray documents, long cursor) {
        var batch = new BsonDocument("id", new BsonInt64(cursor))
                .append("ns", new BsonString(namespace))
                .append(field, documents);
        return new BsonDocument("cursor", batch).append("ok", new BsonDouble(1));
    }

    int count() {
        dropIdle();
        return cursors.size();
    }

    private void dropIdle() {
        cursors.forEach((id, cursor) -> {
            if (cursor.isIdleFor(LONGEST_IDLE)) {
                remove(id);
            }
        });
    }
}
