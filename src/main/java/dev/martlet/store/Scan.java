package dev.martlet.store;

import com.mongodb.MongoInterruptedException;
import com.mongodb.client.ClientSession;
import dev.martlet.json.DocumentId;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A pass over documents. Holds one batch of them, however many there are.
///
/// MongoDB limits a batch by a number of documents, and by 16 MiB. So a pass in `_id` order goes by [Batches], each of
/// as many documents as there is room for, of the size that the pass before it saw. When too many such batches are on
/// their way already, and in any other order, which cannot be taken up anew, it goes by [Picks].
///
/// A pass in `_id` order also outlives the database member it began on: when the cursor is lost, a new one begins
/// after the last document. It sees what is there when it gets there, as a cursor of MongoDB's own does.
public final class Scan implements AutoCloseable {

    /// Of a batch, where there is little room.
    private static final int LEAST_BYTES = 64 << 10;

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
    private @Nullable Batches batches;
    private @Nullable Picks picks;
    /// Of a document, in bytes; 0 while none is known.
    private long meanSize;
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
        this.meanSize = query.onlyIds() ? 1 : usualSize.get();
    }

    /// The next document, or `null` after the last.
    ///
    /// @throws UnavailableException when the database stays away, or was lost in a pass that cannot be resumed
    public @Nullable RawBsonDocument next() {
        RawBsonDocument document = batches == null ? null : batches.received();
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
        long granted = room.forBytes(LEAST_BYTES, Batches.MOST_BYTES, false);
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

    private @Nullable RawBsonDocument nextBatch(Operation operation, long granted) {
        if (session == null && operation.kind().sessions()) {
            session = attempts.readSession();
        }
        return operation.<@Nullable RawBsonDocument>ask(
                database -> nextBatch(collection.confirmed(database, session), granted));
    }

    private @Nullable RawBsonDocument nextBatch(View documents, long granted) {
        boolean few = query.onlyIds() && query.byId();
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
            if ((batches != null && (batches.cutOff() || !atOnce)) || (picks != null && atOnce)) {
                restart();
            }
            if (batches == null && picks == null) {
                if (!filters.hasNext()) {
                    return null;
                }
                open(documents, filters.next(), granted, atOnce);
            }
            RawBsonDocument document =
                    batches != null ? batches.next() : picks != null ? picks.next(documents, granted) : null;
            if (document != null) {
                learn();
                return document;
            }
            closeCursor();
        }
        return null;
    }

    private void learn() {
        if (batches != null && query.fields().isEmpty()) {
            usualSize.set(batches.usualSize());
        }
    }

    private void restart() {
        closeCursor();
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
        if (atOnce) {
            batches = new Batches(documents, query, filter, stillWanted(), room, granted, meanSize);
        } else {
            picks = new Picks(documents, query, filter, stillWanted(), reads, room, meanSize);
        }
    }

    private void closeCursor() {
        var open = batches;
        batches = null;
        if (open != null) {
            meanSize = open.usualSize();
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
