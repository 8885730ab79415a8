package dev.martlet.store;

import com.mongodb.MongoClientException;
import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoWriteConcernException;
import com.mongodb.client.MongoCollection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// Runs database work, again and again while the database is away, until the request's deadline or the open breaker
/// ends it.
///
/// The driver retries too, but a write only once and a selection never past its time-out; an election takes up to 12
/// s.
final class Attempts {

    private static final Logger LOGGER = System.getLogger(Attempts.class.getName());
    private static final int UNAUTHORIZED = 13;
    /// Connections that are left for the breaker's pings, and for cursors that are being closed.
    private static final int PINGS = 4;

    /// One try at the work.
    interface Attempt<T extends @Nullable Object> {
        /// @param again an earlier try failed, and may yet have taken effect
        T run(MongoCollection<RawBsonDocument> collection, boolean again);
    }

    private final MongoCollection<RawBsonDocument> collection;
    private final Breaker breaker;
    private final Semaphore turns;
    private final Observer observer;
    /// The operations that the database's user was not allowed the last time.
    private final Set<String> refused = ConcurrentHashMap.newKeySet();

    /// @param connections to the database, at most
    Attempts(MongoCollection<RawBsonDocument> collection, Breaker breaker, int connections, Observer observer) {
        this(collection, breaker, new Semaphore(Math.max(1, connections - PINGS), true), observer);
    }

    private Attempts(MongoCollection<RawBsonDocument> collection, Breaker breaker, Semaphore turns, Observer observer) {
        this.collection = collection;
        this.breaker = breaker;
        this.turns = turns;
        this.observer = observer;
    }

    /// The same, in turn with these, for another collection of the same database.
    Attempts on(MongoCollection<RawBsonDocument> other) {
        return new Attempts(other, breaker, turns, observer);
    }

    /// @throws UnavailableException when the deadline passes, the breaker is open, or this service's user may not do
    ///         it
    <T extends @Nullable Object> T run(String operation, Deadline deadline, Attempt<T> attempt) {
        long started = System.nanoTime();
        boolean failed = true;
        try {
            T result = tryUntil(operation, deadline, attempt);
            failed = false;
            return result;
        } finally {
            observer.completed(operation, System.nanoTime() - started, failed);
        }
    }

    private <T extends @Nullable Object> T tryUntil(String operation, Deadline deadline, Attempt<T> attempt) {
        for (int tries = 0; ; tries++) {
            if (breaker.open()) {
                throw new UnavailableException("The database is away.");
            }
            if (deadline.remainingMillis() <= 0) {
                throw tooLate();
            }
            awaitTurn(deadline);
            try {
                T result = attempt.run(
                        collection.withTimeout(remainingMillis(deadline), TimeUnit.MILLISECONDS), tries > 0);
                breaker.heard();
                if (!refused.isEmpty()) {
                    refused.remove(operation);
                }
                return result;
            } catch (MongoException e) {
                if (unauthorized(e)) {
                    throw refused(operation);
                }
                if (!transientFailure(e)) {
                    throw e;
                }
            } finally {
                turns.release();
            }
            pause(tries, deadline);
        }
    }

    /// First come, first served. The driver's own queue lets newcomers pass: with 400 clients on half a processor one
    /// request in a hundred waited 13 s there, the pings among them, where all take about 0.2 s in this one.
    private void awaitTurn(Deadline deadline) {
        try {
            if (!turns.tryAcquire(remainingMillis(deadline), TimeUnit.MILLISECONDS)) {
                throw tooLate();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled.");
        }
        if (breaker.open()) {
            turns.release();
            throw new UnavailableException("The database is away.");
        }
    }

    /// A role is given by a person: no use to try until the deadline, nor to tell it more than once.
    private UnavailableException refused(String operation) {
        if (refused.add(operation)) {
            LOGGER.log(
                    Level.WARNING,
                    "The database refuses the operation `{0}`: log in as a user, with MONGO_USERNAME and MONGO_PASSWORD, "
                            + "who has the role readWrite on the database",
                    operation);
        }
        return new UnavailableException("The database does not accept this at present.");
    }

    private static UnavailableException tooLate() {
        return new UnavailableException("The database did not answer in time.");
    }

    private static long remainingMillis(Deadline deadline) {
        return Math.max(1, deadline.remainingMillis());
    }

    /// Whether the database's user lacks a role.
    static boolean unauthorized(MongoException e) {
        return e.getCode() == UNAUTHORIZED;
    }

    static boolean transientFailure(MongoException e) {
        return switch (e) {
            // Before the general case: these say "wrong credentials", and may be right a second later, when a Secret
            // is rotated.
            case MongoSecurityException security -> true;
            // Time-outs of selection, pool and operation, a cleared pool.
            case MongoClientException client -> true;
            case MongoSocketException socket -> true;
            case MongoNotPrimaryException notPrimary -> true;
            case MongoNodeIsRecoveringException recovering -> true;
            case MongoWriteConcernException writeConcern -> true;
            // The database may be in the middle of being replaced by another version.
            case MongoIncompatibleDriverException version -> true;
            default ->
                e.hasErrorLabel("RetryableWriteError")
                        || e.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL);
        };
    }

    private static void pause(int tries, Deadline deadline) {
        // 5, 10, 20 … 320 ms with jitter: hundreds of waiting requests should not ask in step.
        long backoff = 5L << Math.min(tries, 6);
        try {
            Thread.sleep(Math.clamp(
                    ThreadLocalRandom.current().nextLong(backoff / 2, backoff + 1),
                    0,
                    Math.max(0, deadline.remainingMillis())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled.");
        }
    }
}
