package dev.martlet.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Memory that large bodies, large answers and listings may take together, so that many of them at once wait instead
/// of ending the process.
///
/// ```java
/// try (var memory = budget.share()) {
///     memory.await(1_000_000);
/// }
/// ```
public final class MemoryBudget {

    /// Of so little, even one for each connection is no danger: not worth counting.
    static final int FREE_BYTES = 16 * 1024;
    private static final int UNIT_BYTES = 1024;

    private final int units;
    private final Semaphore free;
    private final Duration patience;

    /// @param bytes    to give out
    /// @param patience how long a request waits for its share
    public MemoryBudget(long bytes, Duration patience) {
        this.units = (int) Math.min(Integer.MAX_VALUE, bytes / UNIT_BYTES);
        this.free = new Semaphore(units, true);
        this.patience = patience;
    }

    public static Problem tooMuch() {
        return Problem.overloaded("Too many large requests are being answered already. Try again in a moment.");
    }

    public Share share() {
        return new Share();
    }

    /// What one request holds, until it is closed.
    public final class Share implements AutoCloseable {
        private int held;
        private long refused;

        /// Takes memory, waiting for it if need be.
        ///
        /// @throws Problem 503 when too much is in use for too long
        public void await(long bytes) {
            add(bytes, patience);
        }

        /// Takes more, but does not wait for it: two that wait for each other's share would wait in vain.
        public void grow(long bytes) {
            add(bytes, Duration.ZERO);
        }

        /// Takes what is missing to so much in all, if it is there.
        public boolean tryGrowTo(long bytes) {
            boolean taken = tryAdd(bytes - (long) held * UNIT_BYTES, Duration.ZERO);
            refused = taken ? 0 : bytes;
            return taken;
        }

        /// Waits for what [#tryGrowTo] did not get, holding nothing meanwhile.
        public void awaitRefused() {
            close();
            await(refused);
        }

        /// Gives back what exceeds so much.
        public void shrinkTo(long bytes) {
            int less = (int) Math.max(0, held - (bytes + UNIT_BYTES - 1) / UNIT_BYTES);
            free.release(less);
            held -= less;
        }

        private void add(long bytes, Duration wait) {
            if (!tryAdd(bytes, wait)) {
                throw tooMuch();
            }
        }

        private boolean tryAdd(long bytes, Duration wait) {
            if (bytes <= FREE_BYTES) {
                return true;
            }
            // Whatever it is, one at a time can always have it.
            int more = (int) Math.min(bytes / UNIT_BYTES, (long) units - held);
            try {
                boolean taken = free.tryAcquire(more, wait.toMillis(), TimeUnit.MILLISECONDS);
                held += taken ? more : 0;
                return taken;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Problem.overloaded("The request was cancelled.");
            }
        }

        @Override
        public void close() {
            free.release(held);
            held = 0;
        }
    }
}
