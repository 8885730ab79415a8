package dev.martlet.store;

import java.time.Duration;
import java.util.Iterator;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoCursorNotFoundException;
import com.mongodb.MongoException;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.cursor.TimeoutMode;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A pass over documents. Holds one batch of them, however many there are.
///
/// A pass in `_id` order outlives the database member it began on: when the cursor is lost, a new one begins after the
/// last document. It sees what is there when it gets there, as a cursor of MongoDB's own does.
public final class Scan implements AutoCloseable {

    /// About 250 KiB of the usual small documents; the server caps a batch at 16 MiB.
    private static final int BATCH = 1000;

    private final Attempts attempts;
    private final Duration timeout;
    private Query query;
    private Iterator<BsonDocument> filters;
    private @Nullable MongoCursor<RawBsonDocument> cursor;
    private @Nullable RawBsonDocument last;
    private int given;
    private boolean ended;

    Scan(Attempts attempts, Query query, Duration timeout) {
        this.attempts = attempts;
        this.timeout = timeout;
        this.query = query;
        this.filters = query.filters().iterator();
    }

    /// The next document, or `null` after the last.
    ///
    /// @throws UnavailableException when the database stays away, or was lost in a pass that cannot be resumed
    public @Nullable RawBsonDocument next() {
        if (ended) {
            return null;
        }
        var open = cursor;
        @Nullable RawBsonDocument document = open != null && open.available() > 0
                ? remember(open.next())
                : attempts.<@Nullable RawBsonDocument>run("scan", Deadline.in(timeout), (documents, again) -> nextBatch(documents));
        return document == null || query.upTo().isEmpty() ? document : upToEnd(document);
    }

    private @Nullable RawBsonDocument upToEnd(RawBsonDocument document) {
        BsonValue id = DocumentStore.id(document);
        ended = query.atEnd(id) || query.beyondEnd(id);
        return query.beyondEnd(id) ? null : document;
    }

    private @Nullable RawBsonDocument nextBatch(MongoCollection<RawBsonDocument> documents) {
        try {
            while (unlimited() || given < query.limit()) {
                if (cursor == null) {
                    if (!filters.hasNext()) {
                        return null;
                    }
                    cursor = open(documents, filters.next());
                }
                if (cursor.hasNext()) {
                    return remember(cursor.next());
                }
                closeCursor();
            }
            return null;
        } catch (MongoException e) {
            if (!Attempts.transientFailure(e) && !(e instanceof MongoCursorNotFoundException)) {
                throw given == 0 && !Attempts.unauthorized(e) && e instanceof MongoCommandException refused ? rejected(refused) : e;
            }
            restart();
            return nextAfterRestart(e);
        }
    }

    private static RejectedException rejected(MongoCommandException e) {
        return new RejectedException("MongoDB refuses the query (code " + e.getErrorCode() + "): check its operators and their operands.");
    }

    /// Lets [Attempts] try again, or ends the pass where it cannot be taken up.
    private @Nullable RawBsonDocument nextAfterRestart(MongoException e) {
        if (last != null && !query.byId()) {
            throw new UnavailableException("The database was lost in the middle of a sorted listing.");
        }
        if (e instanceof MongoCursorNotFoundException) {
            throw new com.mongodb.MongoClientException("The cursor was lost.", e);
        }
        throw e;
    }

    private void restart() {
        closeCursor();
        if (last != null && query.byId()) {
            query = query.after(DocumentStore.id(last), unlimited() ? query.limit() : query.limit() - given);
            given = 0;
            last = null;
        }
        filters = query.filters().iterator();
    }

    private MongoCursor<RawBsonDocument> open(MongoCollection<RawBsonDocument> documents, BsonDocument filter) {
        var find = documents.find(filter)
                .timeoutMode(TimeoutMode.ITERATION)
                .sort(query.byId() ? Query.BY_ID : query.sort())
                .batchSize(query.limit() == 0 ? BATCH : Math.min(BATCH, query.limit() + 1));
        if (!query.fields().isEmpty()) {
            find.projection(query.fields());
        }
        if (!unlimited()) {
            find.limit(query.limit() - given);
        }
        return find.iterator();
    }

    private boolean unlimited() {
        return query.limit() == 0 || query.upTo().isPresent();
    }

    private RawBsonDocument remember(RawBsonDocument document) {
        given++;
        last = document;
        return document;
    }

    private void closeCursor() {
        var open = cursor;
        cursor = null;
        if (open != null) {
            open.close();
        }
    }

    /// Frees the cursor, at the server too.
    @Override
    public void close() {
        closeCursor();
    }
}
