package dev.martlet.store;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// The changes of the collection from a place on, as MongoDB's change streams return them: changes that a majority
/// has, each once and in order, whoever made them. For use by one thread.
///
/// ```java
/// try (ChangeStream stream = store.changes("")) {
///     List<Changed> changes = stream.next();
///     String place = stream.place();              // store.changes(place) goes on here, in any process
/// }
/// ```
///
/// A lost cursor, as in an election, does not matter: the next one begins after the last place. It does not use the
/// driver's own cursor, which begins anew without limit and without pause.
///
/// Writes of this service replace whole documents, so each change has its own document. An update by operators, of
/// another client, comes with the document as it was when the change was read, which may be a later state. If the
/// document was gone by then, only its deletion comes.
///
/// Places sort like their texts: [DOCS-11616](https://jira.mongodb.org/browse/DOCS-11616).
///
/// @see <a href="https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md">Change
///      streams</a>
public final class ChangeStream implements AutoCloseable {

    static final String OPERATION = "watch";
    /// How long the database waits for a change before it answers that there is none.
    private static final Duration AWAITED = Duration.ofSeconds(1);
    /// If there is no answer for this long on top of it, the connection is lost.
    private static final Duration PATIENCE = Duration.ofSeconds(4);
    private static final Duration MOMENT = Duration.ofMillis(500);
    /// The usual size of a batch. MongoDB's own limit is 16 MiB.
    private static final int BATCH_BYTES = 1 << 20;
    private static final int MOST_CHANGES = 500;
    private static final int FIRST_GUESS_BYTES = 8 << 10;
    private static final int CURSOR_NOT_FOUND = 43;
    /// How often a cursor is looked for: of several mongos only one has it, and the driver asks any of them.
    private static final int MOST_LOOKS = 6;

    private final Gateway gateway;
    private final Target target;
    private String place;
    private boolean reached;
    private @Nullable ClientSession session;
    private long cursor;
    private int batchSize;

    /// @param place     where to continue; empty for now
    /// @param usualSize of a document, in bytes; 0 if it is not known
    ChangeStream(Gateway gateway, Target target, String place, long usualSize) {
        this.gateway = gateway;
        this.target = target;
        this.place = place;
        this.batchSize = fitting(usualSize == 0 ? FIRST_GUESS_BYTES : usualSize);
    }

    private static int fitting(long size) {
        return Math.clamp(BATCH_BYTES / Math.max(1, size), 1, MOST_CHANGES);
    }

    /// The place that it has reached. Empty before the first answer.
    public String place() {
        return place;
    }

    /// The next changes. None if there were none for a second, or they have not come yet.
    ///
    /// @throws FeedRefusedException if there will never be any
    /// @throws UnavailableException if the database did not answer; the caller can ask again
    public List<Changed> next() {
        try {
            return cursor == 0 ? open() : more();
        } catch (Trouble trouble) {
            lose();
            throw refused(trouble);
        } catch (BsonInvalidOperationException e) {
            // An answer that makes no sense.
            lose();
            throw refused(Trouble.of(e));
        }
    }

    private RuntimeException refused(Trouble trouble) {
        Optional<FeedRefusedException> refused = FeedRefusedException.of(trouble, !reached && !place.isEmpty());
        if (refused.isPresent()) {
            return refused.get();
        }
        if (!trouble.passing()) {
            gateway.tell(OPERATION, trouble);
            return UnavailableException.refused();
        }
        return UnavailableException.tooLate();
    }

    private List<Changed> open() {
        if (session == null && gateway.kind(this::hello).sessions()) {
            session = gateway.session();
        }
        var stream = new BsonDocument("fullDocument", new BsonString("updateLookup"));
        if (!place.isEmpty()) {
            // Unlike `resumeAfter`, it works after the collection was dropped.
            stream.append("startAfter", new BsonDocument("_data", new BsonString(place)));
        }
        return batch(
                run(
                        new BsonDocument("aggregate", new BsonString(target.collection()))
                                .append("pipeline", Changed.pipeline(stream))
                                .append("cursor", new BsonDocument("batchSize", new BsonInt32(batchSize)))
                                .append("readConcern", new BsonDocument("level", new BsonString("majority"))),
                        PATIENCE),
                "firstBatch");
    }

    private List<Changed> more() {
        for (int look = 1; ; look++) {
            try {
                return batch(
                        run(
                                new BsonDocument("getMore", new BsonInt64(cursor))
                                        .append("collection", new BsonString(target.collection()))
                                        .append("batchSize", new BsonInt32(batchSize))
                                        .append("maxTimeMS", new BsonInt64(AWAITED.toMillis())),
                                AWAITED.plus(PATIENCE)),
                        "nextBatch");
            } catch (Trouble trouble) {
                if (trouble.code() != CURSOR_NOT_FOUND || look == MOST_LOOKS) {
                    throw trouble;
                }
            }
        }
    }

    private BsonDocument hello() {
        return run(Kind.QUESTION, PATIENCE);
    }

    /// The driver's time-out would be the server's too, but the server should wait for changes and then answer. So
    /// there is no time-out, and a thread that can be interrupted.
    private RawBsonDocument run(BsonDocument command, Duration most) {
        ClientSession in = session;
        MongoDatabase database = gateway.unbounded();
        var answer = new FutureTask<>(() -> in == null
                ? database.runCommand(command, RawBsonDocument.class)
                : database.runCommand(in, command, RawBsonDocument.class));
        Thread asking = Thread.ofVirtual().name("changes").start(answer);
        try {
            return answer.get(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw Trouble.of(e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e));
        } catch (TimeoutException e) {
            end(asking);
            throw Trouble.unanswered();
        } catch (InterruptedException e) {
            end(asking);
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled");
        }
    }

    /// A session is for one command at a time.
    private static void end(Thread asking) {
        asking.interrupt();
        try {
            asking.join(MOMENT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Changed> batch(RawBsonDocument answer, String name) {
        BsonDocument told = answer.getDocument("cursor");
        cursor = told.getNumber("id").longValue();
        var changes = new ArrayList<Changed>();
        for (BsonValue event : told.getArray(name)) {
            place = data(event.asDocument().getDocument("_id"));
            Changed.of(event.asDocument(), place).ifPresent(changes::add);
        }
        if (told.isDocument("postBatchResumeToken")) {
            place = data(told.getDocument("postBatchResumeToken"));
        }
        if (place.isEmpty()) {
            throw new FeedRefusedException(FeedRefusedException.Reason.NO_STREAMS);
        }
        reached = true;
        learn(changes);
        return changes;
    }

    private void learn(List<Changed> changes) {
        changes.stream()
                .flatMap(change -> change.document().stream())
                .mapToInt(RawBsonDocument::getByteLength)
                .average()
                .ifPresent(mean -> batchSize = Math.min(fitting((long) mean), 4 * batchSize));
    }

    private static String data(BsonDocument token) {
        return token.getString("_data").getValue();
    }

    /// The cursor has ended, at the server too, or nobody uses it any more.
    private void lose() {
        cursor = 0;
        if (session != null) {
            session.close();
            session = null;
        }
    }

    /// Ends the cursor at the server, even if the thread was interrupted for this.
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        if (cursor != 0) {
            try {
                run(
                        new BsonDocument("killCursors", new BsonString(target.collection()))
                                .append("cursors", new BsonArray(List.of(new BsonInt64(cursor)))),
                        AWAITED);
            } catch (Trouble | UnavailableException e) {
                // The server ends it when nobody uses it.
            }
        }
        lose();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
