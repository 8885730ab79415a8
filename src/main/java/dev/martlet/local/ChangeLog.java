package dev.martlet.local;

import dev.martlet.local.LoggedChange.Kind;
import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;

/// The latest changes of one collection, in order, for watchers.
///
/// It begins when somebody watches the collection for the first time. Before that nobody has a token to continue
/// from, and a collection that nobody watches costs nothing. A change is in the same commit as its effect. Watchers
/// see it when the commit has been forced to the disk.
///
/// It refers to the document that a change has left, which holds the number of the change. It takes over the
/// document's bytes only when the document is replaced or removed. So an insert adds about 80 bytes. Each change
/// also names the one before it. So a watcher notices if it continues from a change that was dropped or lost.
final class ChangeLog {

    /// As many as one command can make ([Engine]). Otherwise a watcher could lose changes before it can see them.
    private static final int MOST = Integer.getInteger("martlet.local.changes", 100_000);

    private static final long MOST_BYTES = 64L << 20;
    /// How many are dropped at once when there are more. Dropping one by one would touch both ends of the log in
    /// each commit.
    private static final int LUMP = 10;

    private final MVMap<BsonValue, byte[]> entries;
    private final MVMap<BsonValue, byte[]> documents;
    private long bytes;
    private volatile long floor;
    private volatile long last;
    private volatile long told;

    private ChangeLog(MVMap<BsonValue, byte[]> entries, MVMap<BsonValue, byte[]> documents, long floor, long bytes) {
        this.entries = entries;
        this.documents = documents;
        this.floor = floor;
        this.bytes = bytes;
        BsonValue newest = entries.lastKey();
        this.last = newest == null ? floor : newest.asTimestamp().getValue();
        this.told = floor;
    }

    /// A log without changes.
    static ChangeLog begin(MVMap<BsonValue, byte[]> entries, MVMap<BsonValue, byte[]> documents) {
        entries.clear();
        return new ChangeLog(entries, documents, now(), 0);
    }

    /// A log from the file. Watchers see nothing of it before it is known to be on the disk.
    ///
    /// @param state its [#state] at that time
    static ChangeLog open(MVMap<BsonValue, byte[]> entries, MVMap<BsonValue, byte[]> documents, BsonDocument state) {
        return new ChangeLog(
                entries,
                documents,
                state.getTimestamp("floor").getValue(),
                state.getInt64("bytes").getValue());
    }

    BsonDocument state() {
        return new BsonDocument("floor", new BsonTimestamp(floor)).append("bytes", new BsonInt64(bytes));
    }

    /// The seconds, and in them the nanoseconds.
    private static long now() {
        long millis = System.currentTimeMillis();
        return new BsonTimestamp((int) (millis / 1000), (int) (millis % 1000) * 1_000_000).getValue();
    }

    /// Notes a change that is about to be made. Call it for one change after the other.
    ///
    /// @return its number
    long add(Kind kind, BsonValue key) {
        byte[] before = documents.get(key);
        if (before != null && Seal.isWhole(before)) {
            takeOver(before);
        }
        long now = now();
        long next = Long.compareUnsigned(now, last) > 0 ? now : last + 1;
        put(new LoggedChange(next, last, kind, key, null));
        last = next;
        if (entries.sizeAsLong() > MOST + MOST / LUMP || bytes > MOST_BYTES) {
            giveUpOldest();
        }
        return next;
    }

    private void takeOver(byte[] document) {
        LoggedChange change = at(Seal.change(document));
        if (change != null) {
            put(change.with(Seal.document(document)));
        }
    }

    private void put(LoggedChange change) {
        byte[] sealed = change.sealed();
        byte[] before = entries.put(new BsonTimestamp(change.number()), sealed);
        bytes += sealed.length - (before == null ? 0 : before.length);
    }

    private void giveUpOldest() {
        while (entries.sizeAsLong() > MOST || bytes > MOST_BYTES - MOST_BYTES / LUMP) {
            BsonValue oldest = Objects.requireNonNull(entries.firstKey());
            bytes -= Objects.requireNonNull(entries.remove(oldest)).length;
            floor = oldest.asTimestamp().getValue();
        }
    }

    long last() {
        return last;
    }

    /// The last change that is on the disk.
    long told() {
        return told;
    }

    synchronized void tell(long upTo) {
        told = upTo;
        notifyAll();
    }

    /// Waits until there is a change after this one, but no longer than this many milliseconds.
    synchronized void await(long after, long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        long left = millis;
        while (Long.compareUnsigned(told, after) <= 0 && left > 0) {
            wait(left);
            left = (end - System.nanoTime()) / 1_000_000;
        }
    }

    /// @param token of the change after which to continue
    /// @throws CommandFailure if what follows was dropped, or there never was such a change
    void requireKept(long token) {
        if (token != last) {
            LoggedChange following = following(token);
            if (following == null || following.previous() != token) {
                throw lost();
            }
        }
    }

    /// The last change before a time.
    ///
    /// @throws CommandFailure if some later changes were dropped
    long before(BsonTimestamp time) {
        if (Long.compareUnsigned(time.getValue(), floor) <= 0) {
            throw lost();
        }
        LoggedChange first = following(time.getValue() - 1);
        return first == null ? last : first.previous();
    }

    /// The change after this one, or null if there is none to be seen yet.
    ///
    /// @throws CommandFailure if it was dropped, or never existed
    @Nullable
    LoggedChange next(long after) {
        if (Long.compareUnsigned(after, told) >= 0) {
            return null;
        }
        MVStore.TxCounter usage = entries.store.registerVersionUsage();
        try {
            LoggedChange next = following(after);
            if (next == null || next.previous() != after) {
                throw lost();
            }
            return next.kind() == Kind.DELETE || next.document() != null ? next : withDocument(next);
        } finally {
            entries.store.deregisterVersionUsage(usage);
        }
    }

    private @Nullable LoggedChange following(long number) {
        BsonValue following = entries.higherKey(new BsonTimestamp(number));
        if (following == null) {
            return null;
        }
        LoggedChange change = at(following.asTimestamp().getValue());
        if (change == null) {
            throw lost(); // given up this moment, or damaged
        }
        return change;
    }

    private @Nullable LoggedChange at(long number) {
        byte[] sealed = entries.get(new BsonTimestamp(number));
        return sealed == null ? null : LoggedChange.read(number, sealed);
    }

    private LoggedChange withDocument(LoggedChange change) {
        byte[] stored = documents.get(change.key());
        if (stored != null && Seal.isWhole(stored) && Seal.change(stored) == change.number()) {
            return change.with(Seal.document(stored));
        }
        LoggedChange now = at(change.number()); // replaced since, and before that taken over
        if (now == null || now.document() == null) {
            throw lost();
        }
        return now;
    }

    static CommandFailure lost() {
        return new CommandFailure(
                286,
                "ChangeStreamHistoryLost",
                "what happened since then is not kept any more: read the collection, and watch from now on");
    }
}
