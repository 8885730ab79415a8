package dev.martlet.store;

import dev.martlet.trace.Span;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Limits how many commands are under way at once. The next one waits for its turn.
///
/// First come, first served. The driver's own queue lets newcomers pass: with 400 clients on half a processor, one
/// request in a hundred waited 13 s there, and so did pings. In this queue all take about 0.2 s.
final class Turns {

    private final Semaphore free;
    private final Time time;
    private final Observer observer;

    Turns(int most, Observer observer, Time time) {
        this.free = new Semaphore(most, true);
        this.observer = observer;
        this.time = time;
    }

    /// Waits for a turn. [#end] ends it.
    ///
    /// @throws UnavailableException if it does not come in time
    void begin(Deadline deadline) {
        Span request = Span.current();
        try (var _ = request.child("wait for turn")) {
            if (tryFairly(free, 0)) {
                return;
            }
            long started = time.nanos();
            try {
                await(free, deadline.remainingMillis(time));
            } finally {
                long nanos = time.nanos() - started;
                observer.waited(nanos);
                request.waited(nanos);
            }
        }
    }

    /// Waits at most this long. Unlike `tryAcquire()`, it passes nobody who waits.
    static boolean tryFairly(Semaphore semaphore, long nanos) {
        try {
            return semaphore.tryAcquire(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    void end() {
        free.release();
    }

    static void await(Semaphore semaphore, long millis) {
        try {
            if (millis <= 0 || !semaphore.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
                throw UnavailableException.tooLate();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled");
        }
    }
}
