package dev.martlet.api;

import dev.martlet.store.ChangeStream;
import dev.martlet.store.Changed;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.FeedRefusedException;
import dev.martlet.store.UnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.bson.BsonSerializationException;

/// The changes, as they come from the database.
final class FeedSource {

    private static final Logger LOGGER = System.getLogger(FeedSource.class.getName());
    /// The pause before asking a database again that did not answer.
    static final Duration PAUSE = Duration.ofMillis(250);
    /// How many may catch up at the same moment. Each takes a connection and a batch of documents.
    private static final int CATCHING_UP = 2;

    private final DocumentStore store;
    private final Duration timeout;
    private final Semaphore catchingUp = new Semaphore(CATCHING_UP, true);

    /// @param timeout how long the database may take to answer
    FeedSource(DocumentStore store, Duration timeout) {
        this.store = store;
        this.timeout = timeout;
    }

    Duration timeout() {
        return timeout;
    }

    /// A stream from now on, which has begun. Changes in its first answer came before anybody learned that it
    /// watches.
    ///
    /// @throws FeedRefusedException if the database has no change streams
    /// @throws UnavailableException if it is away
    ChangeStream open() throws InterruptedException {
        ChangeStream stream = store.changes("");
        boolean open = false;
        try {
            first(stream);
            open = true;
            return stream;
        } finally {
            if (!open) {
                stream.close();
            }
        }
    }

    /// The next changes after a place.
    ///
    /// @throws FeedRefusedException if there is no such place, or not any more
    /// @throws UnavailableException if the database is away
    Caught after(String place) throws InterruptedException {
        if (!catchingUp.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            throw UnavailableException.tooLate();
        }
        try (ChangeStream stream = store.changes(place)) {
            List<Changed> changes = first(stream);
            return new Caught(told(changes), stream.place());
        } finally {
            catchingUp.release();
        }
    }

    private List<Changed> first(ChangeStream stream) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        while (true) {
            try {
                return stream.next();
            } catch (UnavailableException e) {
                if (System.nanoTime() - until > 0 || store.breaker().open()) {
                    throw e;
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    static List<Told> told(List<Changed> changes) {
        var told = new ArrayList<Told>();
        for (Changed change : changes) {
            try {
                told.add(Told.of(change));
            } catch (BsonSerializationException e) {
                LOGGER.log(Level.WARNING, "A change cannot be sent to watchers: {0}", e.getMessage());
            }
        }
        return told;
    }
}
