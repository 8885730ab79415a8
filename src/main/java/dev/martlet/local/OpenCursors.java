package dev.martlet.local;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The cursors that clients hold. One that nobody has used for ten minutes is dropped, as in MongoDB; not earlier
/// when its connection closes, because a driver may fetch the next batch over another one.
final class OpenCursors {

    private static final Duration LONGEST_IDLE = Duration.ofMinutes(10);

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
            throw new CommandFailure(43, "CursorNotFound", "cursor id " + id + " not found");
        }
        return cursor;
    }

    boolean remove(long id) {
        OpenCursor cursor = cursors.remove(id);
        if (cursor != null) {
            cursor.close();
        }
        return cursor != null;
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
