package dev.martlet.local;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// The carrying out of one query: until its deadline, while somebody waits for it, and in turn with others.
///
/// Whoever goes through documents calls [#check] at each, and within a long one too. That ends a query which nobody
/// wants any more, and lets the next one on when a slice of time is over: so many go on side by side, and the
/// processors are never all theirs.
final class Work {

    private static final ScopedValue<Work> CURRENT = ScopedValue.newInstance();
    private static final long SLICE_NANOS = Duration.ofMillis(10).toNanos();

    private final Semaphore turns;
    private final long deadline;
    private volatile @Nullable CommandFailure ended;
    private long sliceEnd;

    /// @param turns    of which each query that runs holds one
    /// @param patience until it has taken too long
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

    /// The one of this thread, if there is one: what a command does for a single document is none.
    static @Nullable Work current() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }

    /// @throws CommandFailure when the work of this thread is to end
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
