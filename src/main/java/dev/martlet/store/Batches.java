package dev.martlet.store;

import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.cursor.TimeoutMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A pass over documents by a cursor. The cursor brings as many documents of the usual size at a time as there is
/// room for.
///
/// It ends early if documents of another size come, so that the next one can ask for another number. It drops what
/// exceeds twice its room. Somebody has to ask for that again.
final class Batches implements AutoCloseable {

    /// The usual size of a batch.
    static final int MOST_BYTES = 1 << 20;
    /// About 250 KiB of the usual small documents. The round trip hardly counts then.
    private static final int MOST_DOCUMENTS = 1000;
    /// Even with documents of 1 MiB there is room for them and the driver's copy, in as many listings as may run at
    /// once.
    private static final int SAMPLE = 2;
    /// A new cursor is worth it if it brings this many times more, or less, at a time.
    private static final int WORTH_A_CURSOR = 4;

    private final Query query;
    private final Room room;
    private final long batchBytes;
    private final int batchSize;
    private final MongoCursor<RawBsonDocument> cursor;
    /// What was received and not yet returned.
    private final Queue<RawBsonDocument> batch = new ArrayDeque<>();
    /// How many more documents the cursor may bring.
    private int wanted;
    private long usualSize;
    private boolean cutOff;

    /// @param limit     how many documents; 0 means all
    /// @param granted   how many bytes there is room for
    /// @param usualSize of a document, in bytes; 0 if it is not known: then it reads a few documents first
    Batches(View documents, Query query, BsonDocument filter, int limit, Room room, long granted, long usualSize) {
        this.query = query;
        this.room = room;
        this.usualSize = usualSize == 0 ? sample(find(documents, filter)) : usualSize;
        this.batchBytes = query.onlyIds() ? MOST_BYTES : granted;
        this.batchSize = limit == 0 ? fitting() : Math.min(fitting(), limit);
        this.wanted = limit == 0 ? Integer.MAX_VALUE : limit;
        this.cursor = find(documents, filter)
                // One more than the last batch has. Otherwise the server would need another request to find the
                // end.
                .batchSize(batchSize == limit ? limit + 1 : batchSize)
                .limit(limit)
                .iterator();
    }

    private FindIterable<RawBsonDocument> find(View documents, BsonDocument filter) {
        var find = documents.find(filter).timeoutMode(TimeoutMode.ITERATION).sort(query.order());
        return query.fields().isEmpty() ? find : find.projection(query.projection());
    }

    /// The mean size of the first documents; 0 if there are none.
    private static long sample(FindIterable<RawBsonDocument> find) {
        List<RawBsonDocument> few = find.batchSize(SAMPLE + 1).limit(SAMPLE).into(new ArrayList<>());
        return (long)
                few.stream().mapToInt(RawBsonDocument::getByteLength).average().orElse(0);
    }

    private int fitting() {
        return usualSize == 0 ? MOST_DOCUMENTS : Math.clamp(batchBytes / usualSize, 1, MOST_DOCUMENTS);
    }

    /// The next document that was received already, or null.
    @Nullable
    RawBsonDocument received() {
        return batch.poll();
    }

    /// The next document, or null after the last.
    ///
    /// @throws NoRoomException if there is no room for what came, which is dropped
    @Nullable
    RawBsonDocument next() {
        if (!cursor.hasNext()) {
            return null;
        }
        receive();
        return batch.poll();
    }

    /// Takes the batch that the cursor has brought, or as much as it may hold.
    private void receive() {
        long bytes = 0;
        long nextSize = 0;
        while (cursor.available() > 0 && nextSize == 0) {
            RawBsonDocument document = cursor.next();
            int size = document.getByteLength();
            if (!batch.isEmpty() && bytes + size > 2 * batchBytes) {
                nextSize = size;
            } else {
                batch.add(document);
                bytes += size;
            }
        }
        if (bytes > batchBytes && !query.onlyIds() && room.forBytes(bytes, bytes, false) == 0) {
            // They are requested again after the wait.
            usualSize = bytes / batch.size();
            batch.clear();
            cutOff = true;
            throw new NoRoomException(bytes);
        }
        // One small document among large ones is not a reason to ask for a thousand.
        usualSize = Math.max(nextSize > 0 ? nextSize : bytes / batch.size(), usualSize / WORTH_A_CURSOR);
        wanted -= batch.size();
        boolean more = cursor.getServerCursor() != null;
        boolean otherSize = fitting() >= batchSize * WORTH_A_CURSOR || fitting() * WORTH_A_CURSOR <= batchSize;
        cutOff = nextSize > 0 || wanted == 0 || (more && otherSize);
        if (cutOff) {
            cursor.close();
        }
    }

    /// Whether it has ended before the documents have.
    boolean cutOff() {
        return cutOff;
    }

    long usualSize() {
        return usualSize;
    }

    @Override
    public void close() {
        cursor.close();
    }
}
