package dev.martlet.local;

import de.bwaldvogel.mongo.exception.CursorNotFoundException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The cursors that clients hold. One that nobody has used for ten minutes is dropped, as in MongoDB; not earlier when
/// its connection closes, because a driver may fetch the next batch over another one.
final class OpenCursors {

    private static final long IDLE_NANOS = Duration.ofMinutes(10).toNanos();

    private final Map<Long, OpenCursor> cursors = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();

    long add(OpenCursor cursor) {
        dropIdle();
        long id = lastId.incrementAndGet();
        cursors.put(id, cursor);
        return id;
    }

    OpenCursor get(long id) {
        OpenCursor cursor = cursors.get(id);
        if (cursor == null) {
            throw new CursorNotFoundException(id);
        }
        return cursor;
    }

    boolean remove(long id) {
        return cursors.remove(id) != null;
    }

    int count() {
        dropIdle();
        return cursors.size();
    }

    private void dropIdle() {
        long now = System.nanoTime();
        cursors.values().removeIf(cursor -> now - cursor.lastUse() > IDLE_NANOS);
    }
}
