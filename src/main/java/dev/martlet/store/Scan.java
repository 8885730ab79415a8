package dev.martlet.store;

import com.mongodb.MongoInterruptedException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.cursor.TimeoutMode;
import dev.martlet.json.DocumentId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A pass over documents. Holds one batch of them, however many there are.
///
/// MongoDB limits a batch by a number of documents, and by 16 MiB. So a pass in `_id` order asks for as many documents
/// at a time as there is room for, 1 MiB as a rule, of the size that the pass before it saw; the very first looks at a
/// few before it begins. When the size changes it goes on after the last document with another number; what came beyond
/// twice its room it forgets and asks for again. When too many such batches are on their way already, and in any other
/// order, which cannot be taken up anew, it goes by [Picks].
///
/// A pass in `_id` order also outlives the database member it began on: when the cursor is lost, a new one begins
/// after the last document. It sees what is there when it gets there, as a cursor of MongoDB's own does.
public final class Scan implements AutoCloseable {

    /// About 250 KiB of the usual small documents, whose round trip hardly counts any more.
    private static final int BATCH = 1000;
    /// If they are of 1 MiB, as many listings as there may be at once can all hold them, and the driver its copy.
    private static final int SAMPLE = 2;
    /// Of a batch: as a rule, and where there is little room.
    static final int MOST_BYTES = 1 << 20;
    static final int LEAST_BYTES = 64 << 10;
    /// A new cursor is worth it when it brings so many times more, or less, at a time.
    private static final int WORTH_A_CURSOR = 4;

    private final Attempts attempts;
    private final Target collection;
    private final Duration timeout;
    /// Of a whole document, in bytes, as the passes over this collection saw it last; 0 before the first.
    private final AtomicLong usualSize;
    private final Reads reads;
    private final Room room;
    private Query query;
    private Iterator<BsonDocument> filters;
    /// Which the cursor needs for as long as it lives.
    private @Nullable ClientSession session;
    private @Nullable MongoCursor<RawBsonDocument> cursor;
    private @Nullable Picks picks;
    /// What was received and not yet given.
    private final Queue<RawBsonDocument> batch = new ArrayDeque<>();
    private int batchSize;
    private long batchBytes;
    /// How many more documents the cursor may bring.
    private int wanted;
    /// Of a document, in bytes; 0 while none is known.
    private long meanSize;
    /// Whether the cursor has ended before its filter has.
    private boolean cutOff;
    private @Nullable RawBsonDocument last;
    private int given;

    Scan(
            Attempts attempts,
            Target collection,
            Query query,
            Duration timeout,
            AtomicLong usualSize,
            Reads reads,
            Room room) {
        this.collection = collection;
        this.reads = reads;
        this.room = room;
        this.attempts = attempts;
        this.timeout = timeout;
        this.usualSize = usualSize;
        this.query = query;
        this.filters = query.filters().iterator();
        this.meanSize = onlyIds() ? 1 : usualSize.get();
    }

    /// The next document, or `null` after the last.
    ///
    /// @throws UnavailableException when the database stays away, or was lost in a pass that cannot be resumed
    public @Nullable RawBsonDocument next() {
        RawBsonDocument document = batch.poll();
        if (document == null) {
            document = fetch();
        }
        if (document != null) {
            given++;
            last = document;
        }
        return document;
    }

    private @Nullable RawBsonDocument fetch() {
        long granted = room.forBytes(LEAST_BYTES, MOST_BYTES, false);
        while (true) {
            long bytes = granted;
            try {
                return attempts.<@Nullable RawBsonDocument>run(
                        "scan", Deadline.in(timeout), operation -> nextBatch(operation, bytes));
            } catch (NoRoomException e) {
                granted = Math.max(granted, room.forBytes(e.bytes(), e.bytes(), true));
            }
        }
    }

    private boolean onlyIds() {
        return query.fields().equals(Query.BY_ID);
    }

    private @Nullable RawBsonDocument nextBatch(Operation operation, long granted) {
        if (session == null && operation.kind().sessions()) {
            session = attempts.readSession();
        }
        return operation.<@Nullable RawBsonDocument>ask(
                database -> nextBatch(collection.confirmed(database, session), granted));
    }

    private @Nullable RawBsonDocument nextBatch(View documents, long granted) {
        boolean few = onlyIds() && query.byId();
        boolean permitted = !few && query.byId() && (picks == null || !picks.pending()) && reads.tryBatch();
        try {
            return nextBatch(documents, granted, few || permitted);
        } catch (NoRoomException | MongoInterruptedException e) {
            throw e;
        } catch (RuntimeException e) {
            Trouble trouble = Trouble.of(e);
            if (given == 0 && query.hasOwnTerms()) {
                trouble.mistake("query").ifPresent(mistake -> {
                    throw mistake;
                });
            }
            // So that it can be tried again: what was picked already, or from after the last document.
            if (picks == null || !picks.pending() || !trouble.passing()) {
                restart();
                if (trouble.passing() && last != null && !query.byId()) {
                    throw new UnavailableException("The database was lost in the middle of a sorted listing");
                }
            }
            throw trouble;
        } finally {
            if (permitted) {
                reads.batchRead();
            }
        }
    }

    private @Nullable RawBsonDocument nextBatch(View documents, long granted, boolean atOnce) {
        while (query.limit() == 0 || given < query.limit()) {
            if (cutOff || (cursor != null && !atOnce) || (picks != null && atOnce)) {
                restart();
            }
            if (cursor == null && picks == null) {
                if (!filters.hasNext()) {
                    return null;
                }
                open(documents, filters.next(), granted, atOnce);
            }
            RawBsonDocument document = picks == null ? received() : picks.next(documents, granted);
            if (document != null) {
                return document;
            }
            closeCursor();
        }
        return null;
    }

    private @Nullable RawBsonDocument received() {
        if (cursor == null || !cursor.hasNext()) {
            return null;
        }
        receive(cursor);
        return batch.poll();
    }

    private void restart() {
        closeCursor();
        batch.clear();
        cutOff = false;
        if (last != null && query.byId()) {
            query = query.after(DocumentId.of(last), stillWanted());
            given = 0;
            last = null;
        }
        filters = query.filters().iterator();
    }

    /// How many documents the limit leaves; 0 means all.
    private int stillWanted() {
        return query.limit() == 0 ? 0 : query.limit() - given;
    }

    private void open(View documents, BsonDocument filter, long granted, boolean atOnce) {
        int limit = stillWanted();
        if (!atOnce) {
            picks = new Picks(documents, query, filter, limit, reads, room, meanSize);
            return;
        }
        if (meanSize == 0) {
            meanSize = sample(find(documents, filter));
        }
        batchBytes = onlyIds() ? MOST_BYTES : granted;
        batchSize = least(fitting(), limit);
        wanted = limit == 0 ? Integer.MAX_VALUE : limit;
        cursor = find(documents, filter)
                // One more than the last batch has: else the server finds out only when it is asked again.
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

    private static int least(int count, int limit) {
        return limit == 0 ? count : Math.min(count, limit);
    }

    private int fitting() {
        return meanSize == 0 ? BATCH : Math.clamp(batchBytes / meanSize, 1, BATCH);
    }

    /// Takes the batch that has come out of the cursor, or as much of it as may be held.
    private void receive(MongoCursor<RawBsonDocument> open) {
        long bytes = 0;
        long nextSize = 0;
        while (open.available() > 0 && nextSize == 0) {
            RawBsonDocument document = open.next();
            int size = document.getByteLength();
            if (!batch.isEmpty() && bytes + size > 2 * batchBytes) {
                nextSize = size;
            } else {
                batch.add(document);
                bytes += size;
            }
        }
        if (bytes > batchBytes && !onlyIds() && room.forBytes(bytes, bytes, false) == 0) {
            // After the wait they are asked for again.
            meanSize = bytes / batch.size();
            batch.clear();
            cutOff = true;
            throw new NoRoomException(bytes);
        }
        // One small document among large ones is no reason to ask for a thousand.
        meanSize = Math.max(nextSize > 0 ? nextSize : bytes / batch.size(), meanSize / WORTH_A_CURSOR);
        if (query.fields().isEmpty()) {
            usualSize.set(meanSize);
        }
        wanted -= batch.size();
        boolean more = open.getServerCursor() != null;
        boolean otherSize = fitting() >= batchSize * WORTH_A_CURSOR || fitting() * WORTH_A_CURSOR <= batchSize;
        cutOff = nextSize > 0 || wanted == 0 || (more && otherSize);
        if (cutOff) {
            closeCursor();
        }
    }

    private void closeCursor() {
        var open = cursor;
        cursor = null;
        if (open != null) {
            open.close();
        }
        var pass = picks;
        picks = null;
        if (pass != null) {
            meanSize = pass.usualSize();
            pass.close();
        }
    }

    /// Frees the cursor, at the server too.
    @Override
    public void close() {
        closeCursor();
        if (session != null) {
            session.close();
        }
    }
}
