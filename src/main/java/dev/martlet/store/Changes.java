package dev.martlet.store;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bson.BsonValue;

/// Who changes a document, one after the other, as far as they come through this service.
///
/// A change is a compare-and-swap, which of many at once only one wins: the others have read, and have sent, the whole
/// document in vain. With 400 clients that changed documents of 1 MB one in a hundred came through.
final class Changes {

    /// So many that two documents hardly ever share one.
    private static final int TURNS = 1024;

    private final Semaphore[] turns =
            Stream.generate(() -> new Semaphore(1, true)).limit(TURNS).toArray(Semaphore[]::new);

    /// A turn, until it is closed.
    @FunctionalInterface
    interface Turn extends AutoCloseable {
        @Override
        void close();
    }

    /// Waits for the turn to change the document with this id.
    ///
    /// @throws UnavailableException when it does not come before the deadline
    Turn turn(BsonValue id, Deadline deadline) {
        Semaphore turn = turns[Math.floorMod(id.hashCode(), TURNS)];
        try {
            if (!turn.tryAcquire(Math.max(1, deadline.remainingMillis()), TimeUnit.MILLISECONDS)) {
                throw new UnavailableException("Other writers kept changing the document.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled.");
        }
        return turn::release;
    }
}
