package dev.martlet.store;

import com.mongodb.MongoBulkWriteException;
import com.mongodb.MongoClientException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.MongoWriteConcernException;
import com.mongodb.WriteConcernResult;
import com.mongodb.WriteError;
import com.mongodb.bulk.BulkWriteError;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.InsertManyOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// Sends inserts that come at the same time as one command: most of what an insert costs is the command, not the
/// document.
///
/// ```
///   a ────> [a] ─────────────────────────>
///   b ─────────> [b] ────────>
///   c ─────────────── waits ──> [c d e] ────────>
///   d, e ───────────── join c
/// ```
///
/// While [#LANES] commands are under way the next one waits, for one of them to end or for [#PATIENCE], and whoever
/// comes meanwhile joins it. A single client never waits; many make larger commands; a slow database gets more of them
/// side by side.
///
/// Each document is stored, or refused, for itself. When a command fails as a whole nobody knows for which document's
/// sake: then each is to be sent again, alone.
final class Inserts {

    private static final InsertManyOptions UNORDERED = new InsertManyOptions().ordered(false);
    /// One that the database works on, one that is made or read. With 64 clients 1 gave 0.8 and 4 gave 0.8 as many
    /// inserts a second.
    private static final int LANES = 2;
    private static final int MOST_DOCUMENTS = 64;
    /// Not noticed beside the round trip to a database that waits for its journal and for a majority.
    private static final Duration PATIENCE = Duration.ofMillis(2);

    private final Semaphore lanes = new Semaphore(LANES);
    private @Nullable Command next;

    /// One command: whoever adds the first document sends it.
    private static final class Command {
        final List<RawBsonDocument> documents = new ArrayList<>();
        final CompletableFuture<List<BulkWriteError>> outcome = new CompletableFuture<>();
    }

    /// Stores a document, perhaps together with others.
    ///
    /// @return why the database refuses it; empty when it is stored
    /// @throws MongoClientException when it was sent with others, and nobody knows what became of it
    Optional<WriteError> insert(
            MongoCollection<RawBsonDocument> collection, RawBsonDocument document, Deadline deadline) {
        Command command;
        int place;
        synchronized (this) {
            command = next;
            if (command == null || command.documents.size() == MOST_DOCUMENTS) {
                command = new Command();
                next = command;
            }
            place = command.documents.size();
            command.documents.add(document);
        }
        if (place == 0) {
            send(command, collection);
        }
        return errorOf(place, await(command, deadline));
    }

    private void send(Command command, MongoCollection<RawBsonDocument> collection) {
        boolean inLane = awaitLane();
        synchronized (this) {
            if (next == command) {
                next = null;
            }
        }
        try {
            List<BulkWriteError> errors = insertEach(collection, command.documents);
            release(inLane);
            command.outcome.complete(errors);
        } catch (RuntimeException | Error e) {
            release(inLane);
            command.outcome.completeExceptionally(e);
        }
    }

    private boolean awaitLane() {
        try {
            return lanes.tryAcquire(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // The driver will notice, and the others learn of it.
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// Before anybody is told of an outcome: the next command should be on its way when its clients are answered.
    private void release(boolean inLane) {
        if (inLane) {
            lanes.release();
        }
    }

    private static List<BulkWriteError> await(Command command, Deadline deadline) {
        try {
            return command.outcome.get(deadline.remainingMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (command.documents.size() == 1 && e.getCause() instanceof RuntimeException own) {
                throw own;
            }
            throw new MongoClientException("The inserts that were sent together failed.", e.getCause());
        } catch (TimeoutException e) {
            throw new MongoTimeoutException("The inserts that were sent together have not been answered.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled.");
        }
    }

    private static Optional<WriteError> errorOf(int place, List<BulkWriteError> errors) {
        return errors.stream()
                .filter(error -> error.getIndex() == place)
                .<WriteError>map(error -> error)
                .findFirst();
    }

    /// Stores each of the documents for itself, in one command.
    ///
    /// @return for each that the database refuses, why
    static List<BulkWriteError> insertEach(
            MongoCollection<RawBsonDocument> collection, List<RawBsonDocument> documents) {
        try {
            collection.insertMany(documents, UNORDERED);
            return List.of();
        } catch (MongoBulkWriteException e) {
            // Beside an error of one document it may say of the others that no majority has them: they are not
            // acknowledged.
            if (e.getWriteConcernError() != null) {
                throw new MongoWriteConcernException(
                        e.getWriteConcernError(),
                        WriteConcernResult.unacknowledged(),
                        e.getServerAddress(),
                        e.getErrorLabels());
            }
            return e.getWriteErrors();
        }
    }
}
