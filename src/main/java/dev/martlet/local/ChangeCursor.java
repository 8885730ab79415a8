package dev.martlet.local;

import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;

/// A change stream: the position of a watcher in the [ChangeLog] of a collection.
///
/// A watcher waits on the thread of its connection, and holds up nobody else.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/change-events/">Change events</a>
final class ChangeCursor implements OpenCursors.Held {

    /// How often it checks whether the cursor was killed, or nobody waits any more.
    private static final long LOOK_MILLIS = 100;

    private static final int BATCH_BYTES = 1 << 20;
    /// How many changes it reads before others get a turn on this processor.
    private static final int IN_A_ROW = 1000;

    private final Storage storage;
    private final String namespace;
    private final Matcher wanted;
    private final boolean looksUp;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile long position;
    private volatile long lastUse = System.nanoTime();
    private volatile boolean closed;

    /// @param position the change after which it goes on
    /// @param looksUp  whether an update comes with the document that it left; inserts and replacements always
    ///                 do
    ChangeCursor(Storage storage, String namespace, long position, Matcher wanted, boolean looksUp) {
        this.storage = storage;
        this.namespace = namespace;
        this.position = position;
        this.wanted = wanted;
        this.looksUp = looksUp;
    }

    /// The next events; none if there are none in this time.
    ///
    /// @param abandoned whether nobody waits for them any more
    BsonArray next(int count, Duration patience, BooleanSupplier abandoned) {
        if (!reading.tryLock()) {
            throw new CommandFailure(CommandFailure.CURSOR_IN_USE, "CursorInUse", "the cursor is already in use");
        }
        try {
            long end = System.nanoTime() + patience.toNanos();
            while (true) {
                BsonArray events = events(count);
                long left = (end - System.nanoTime()) / 1_000_000;
                if (!events.isEmpty() || left <= 0 || abandoned.getAsBoolean()) {
                    return events;
                }
                changes().await(position, Math.min(left, LOOK_MILLIS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(11600, "InterruptedAtShutdown", "the database is being closed");
        } finally {
            lastUse = System.nanoTime();
            reading.unlock();
        }
    }

    private ChangeLog changes() {
        ChangeLog changes = storage.read(generation -> generation.changes(namespace));
        if (changes == null) {
            throw ChangeLog.lost(); // the collection was dropped
        }
        return changes;
    }

    @SuppressWarnings("ThreadPriorityCheck") // who reads a long log lets the other connections' threads go on
    private BsonArray events(int count) {
        var events = new BsonArray();
        int bytes = 0;
        for (int i = 0; i < IN_A_ROW && events.size() < count && bytes < BATCH_BYTES; i++) {
            if (closed) {
                throw new CommandFailure(237, "CursorKilled", "the cursor was killed");
            }
            LoggedChange change = storage.read(generation -> {
                ChangeLog log = generation.changes(namespace);
                return log == null ? null : log.next(position);
            });
            if (change == null) {
                break;
            }
            RawBsonDocument event = Documents.raw(event(change));
            position = change.number();
            if (wanted.matches(event)) {
                events.add(event);
                bytes += event.getByteLength();
            }
        }
        Thread.yield();
        return events;
    }

    private BsonDocument event(LoggedChange change) {
        int dot = namespace.indexOf('.');
        var event = new BsonDocument("_id", token(change.number()))
                .append("operationType", change.kind().text())
                .append("clusterTime", new BsonTimestamp(change.number()))
                .append(
                        "ns",
                        new BsonDocument("db", new BsonString(namespace.substring(0, dot)))
                                .append("coll", new BsonString(namespace.substring(dot + 1))))
                .append("documentKey", new BsonDocument("_id", change.key()));
        if (change.document() != null && (looksUp || change.kind() != LoggedChange.Kind.UPDATE)) {
            event.append("fullDocument", change.document());
        }
        return event;
    }

    /// The token with which another cursor continues here.
    BsonDocument resumeToken() {
        return token(position);
    }

    private static BsonDocument token(long number) {
        return new BsonDocument("_data", new BsonString(HexFormat.of().toHexDigits(number)));
    }

    /// The change that a token means.
    static long position(BsonDocument token) {
        if (token.get("_data") instanceof BsonString data && data.getValue().length() == 2 * Long.BYTES) {
            try {
                return HexFormat.fromHexDigitsToLong(data.getValue());
            } catch (IllegalArgumentException e) {
                // It is not one of ours.
            }
        }
        throw new CommandFailure(
                260, "InvalidResumeToken", "the resume token is not one that this database has given out");
    }

    @Override
    public boolean isIdleFor(Duration longest) {
        return !reading.isLocked() && System.nanoTime() - lastUse > longest.toNanos();
    }

    @Override
    public void close() {
        closed = true;
    }
}
