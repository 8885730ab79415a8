package dev.martlet.store;

import com.mongodb.MongoInterruptedException;
import com.mongodb.client.ClientSession;
import dev.martlet.json.DocumentId;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A pass over documents. It holds one batch, however many documents there are.
///
/// MongoDB limits a batch by a number of documents, and by 16 MiB. So a pass in `_id` order uses [Batches]. Each
/// has as many documents as fit into its room, by the size that the pass before it saw. If too many such batches
/// are under way already, a pass over everything waits its turn, but not for long. All other passes, and those that
/// have waited too long, use [Picks]. So does a pass in any other order, which cannot be resumed.
///
/// A pass in `_id` order outlives the database member on which it began: if the cursor is lost, a new one begins
/// after the last document. Like a cursor of MongoDB, it sees documents as they are when it reaches them.
public final class Scan implements AutoCloseable {

    /// The size of a batch if there is little room.
    private static final int LEAST_BYTES = 64 << 10;

    private final Attempts attempts;
    private final Target collection;
    private final Duration timeout;
    /// The size of a whole document, in bytes, as the last pass over this collection saw it; 0 before the first.
    private final AtomicLong usualSize;
    private final Reads reads;
    private final Room room;
    private Query query;
    private Iterator<BsonDocument> filters;
    /// The session, which the cursor needs for as long as it lives.
    private @Nullable ClientSession session;
    private @Nullable Batches batches;
    private @Nullable Picks picks;
    /// The size of a document, in bytes; 0 while it is unknown.
    private long meanSize;
    /// Whether that is of this pass: what others saw may be far larger.
    private boolean measured;
    /// Given last, until its id is enough: it may be large.
    private @Nullable RawBsonDocument latest;
    /// Of a pass in `_id` order, the id after which the next batch begins.
    private @Nullable BsonValue lastId;
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
    /// @throws UnavailableException if the database stays away, or was lost in a pass that cannot be resumed
    public @Nullable RawBsonDocument next() {
        RawBsonDocument document = batches == null ? null : batches.received();
        if (document == null) {
            document = fetch();
        }
        if (document != null) {
            given++;
            latest = document;
        }
        return document;
    }

    private @Nullable RawBsonDocument fetch() {
        if (latest != null && query.byId()) {
            lastId = DocumentId.of(latest);
        }
        latest = null;
        long granted = room.forBytes(LEAST_BYTES, Batches.MOST_BYTES, false);
        while (true) {
            try {
                return nextBatch(granted);
            } catch (NoRoomException e) {
                granted = Math.max(granted, room.forBytes(e.bytes(), e.bytes(), true));
            }
        }
    }

    private @Nullable RawBsonDocument nextBatch(long granted) {
        boolean few = query.onlyIds() && query.byId();
        boolean search = !query.filter().isEmpty();
        // Nobody waits with a turn at the database, which others need.
        boolean permitted = !few
                && query.byId()
                && (picks == null || !picks.pending())
                && (isStream() ? reads.awaitBatch() : reads.tryBatch(search));
        try {
            return attempts.<@Nullable RawBsonDocument>run(
                    "scan", Deadline.in(timeout), operation -> nextBatch(operation, granted, few || permitted));
        } finally {
            if (permitted) {
                reads.batchRead(search);
            }
        }
    }

    /// Whether it is worth waiting for a permit. A page is done with two commands before the queue has moved on. A
    /// pass that waited in vain goes on without.
    private boolean isStream() {
        return query.filter().isEmpty() && query.limit() == 0 && picks == null;
    }

    private @Nullable RawBsonDocument nextBatch(Operation operation, long granted, boolean atOnce) {
        if (session == null && operation.kind().sessions()) {
            session = attempts.readSession();
        }
        return operation.<@Nullable RawBsonDocument>ask(
                database -> tryNextBatch(collection.confirmed(database, session), granted, atOnce));
    }

    private @Nullable RawBsonDocument tryNextBatch(View documents, long granted, boolean atOnce) {
        try {
            return nextBatch(documents, granted, atOnce);
        } catch (NoRoomException | MongoInterruptedException e) {
            throw e;
        } catch (RuntimeException e) {
            Trouble trouble = Trouble.of(e);
            if (given == 0 && query.hasOwnTerms()) {
                trouble.mistake("query").ifPresent(mistake -> {
                    throw mistake;
                });
            }
            // So the caller can try again: from the ids that were picked, or after the last document.
            if (picks == null || !picks.pending() || !trouble.passing()) {
                restart();
                if (trouble.passing() && given > 0 && !query.byId()) {
                    throw new UnavailableException("The database was lost in the middle of a sorted listing");
                }
            }
            throw trouble;
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
        measured = true;
        if (batches != null && query.fields().isEmpty()) {
            usualSize.set(batches.usualSize());
        }
    }

    private void restart() {
        closeCursor();
        if (lastId != null) {
            query = query.after(lastId, stillWanted());
            given = 0;
            lastId = null;
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
            // Room for as much as others saw may be long in coming.
            long guess = measured ? meanSize : Math.min(meanSize, Picks.MOST_GUESSED_BYTES);
            picks = new Picks(documents, query, filter, stillWanted(), reads, room, guess);
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
