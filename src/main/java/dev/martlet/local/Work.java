package dev.martlet.local;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Runs one query until its deadline, while somebody waits for it, taking turns with others.
///
/// Code that goes through documents calls [#check] at each document, and inside long ones. The call ends a query
/// that nobody waits for. When a slice of time is over, it lets the next query run. So many queries run side by
/// side, and never take all processors.
final class Work {

    private static final ScopedValue<Work> CURRENT = ScopedValue.newInstance();
    private static final long SLICE_NANOS = Duration.ofMillis(10).toNanos();

    private final Semaphore turns;
    private final long deadline;
    private volatile @Nullable CommandFailure ended;
    private long sliceEnd;

    /// @param turns    each running query holds one
    /// @param patience how long it may take
    Work(Semaphore turns, Duration patience) {
        this.turns = turns;
        this.deadline = System.nanoTime() + patience.toNanos();
    }

    /// Runs it here and now.
    <T> T run(ScopedValue.CallableOp<T, RuntimeException> query) {
        awaitTurn();
        try {
            return ScopedValue.where(CURRENT, this).call(query);
        } finally {
            turns.release();
        }
    }

    /// Ends it at its next check.
    void end(CommandFailure reason) {
        ended = reason;
    }

    /// The work of this thread, if there is any. A command for a single document has none.
    static @Nullable Work current() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }

    /// @throws CommandFailure if the work of this thread has to end
    static void check() {
        if (CURRENT.isBound()) {
            CURRENT.get().checkSelf();
        }
    }

    private void checkSelf() {
        long now = System.nanoTime();
        CommandFailure reason = ended;
        if (reason != null) {
            throw reason;
        }
        if (now - deadline > 0) {
            throw tooLate();
        }
        if (now - sliceEnd > 0 && turns.hasQueuedThreads()) {
            turns.release();
            awaitTurn();
        }
    }

    private void awaitTurn() {
        turns.acquireUninterruptibly();
        sliceEnd = System.nanoTime() + SLICE_NANOS;
    }

    private static CommandFailure tooLate() {
        return new CommandFailure(50, "MaxTimeMSExpired", "operation exceeded time limit");
    }
}
