package dev.martlet.local;

import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;
import org.bson.BsonArray;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// The rest of a query's answer. Clients fetch it batch by batch.
final class OpenCursor implements OpenCursors.Held {

    private static final int BATCH_BYTES = 16 * 1024 * 1024;

    private final Iterator<StoredDocument> source;
    private final Matcher filter;
    private final @Nullable Projection projection;
    private final Runnable release;
    private final ReentrantLock reading = new ReentrantLock();
    private Duration time;
    private long skip;
    private long left;
    private volatile long lastUse = System.nanoTime();
    private volatile boolean closed;
    private volatile @Nullable Work working;

    /// @param limit   how many documents at most; 0 is no limit
    /// @param time    that all batches may take together
    /// @param release what to do at the end
    OpenCursor(
            Iterator<StoredDocument> source,
            Matcher filter,
            long skip,
            long limit,
            @Nullable Projection projection,
            Duration time,
            Runnable release) {
        this.source = source;
        this.filter = filter;
        this.skip = skip;
        this.left = limit == 0 ? Long.MAX_VALUE : limit;
        this.projection = projection;
        this.time = time;
        this.release = release;
    }

    /// The next documents: at most `count`, and no more than fit into one answer.
    BsonArray next(int count) {
        reading.lock();
        long started = System.nanoTime();
        working = Work.current();
        try {
            if (closed) {
                throw killed();
            }
            return batch(count);
        } finally {
            working = null;
            lastUse = System.nanoTime();
            time = time.minusNanos(lastUse - started);
            reading.unlock();
        }
    }

    private BsonArray batch(int count) {
        var batch = new BsonArray();
        long bytes = 0;
        while (batch.size() < count && bytes < BATCH_BYTES && !isExhausted()) {
            Work.check();
            StoredDocument stored = source.next();
            RawBsonDocument document = stored.document();
            if (filter.matches(document) && --skip < 0) {
                batch.add(projection == null ? document : projection.of(document));
                bytes += stored.size();
                left--;
            }
        }
        return batch;
    }

    /// How many documents there are.
    long count() {
        long count = 0;
        while (!isExhausted()) {
            Work.check();
            if (filter.matches(source.next().document()) && --skip < 0) {
                count++;
                left--;
            }
        }
        return count;
    }

    boolean isExhausted() {
        return left <= 0 || !source.hasNext();
    }

    /// The rest of its time.
    Duration time() {
        return time;
    }

    @Override
    public boolean isIdleFor(Duration longest) {
        return working == null && System.nanoTime() - lastUse > longest.toNanos();
    }

    private static CommandFailure killed() {
        return new CommandFailure(237, "CursorKilled", "the cursor was killed");
    }

    @Override
    public void close() {
        closed = true;
        Work now = working;
        if (now != null) {
            now.end(killed());
        }
        release.run();
    }
}
