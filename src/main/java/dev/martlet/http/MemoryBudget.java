package dev.martlet.http;

import dev.martlet.trace.Span;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The memory that bodies, answers and listings may take together. Many of them at once wait, instead of ending the
/// process.
///
/// Large work has its own part, and small work never waits for it.
///
/// ```java
/// try (var memory = budget.share()) {
///     memory.hold(1_000_000);
/// }
/// ```
public final class MemoryBudget {

    /// So little is not worth counting: even one for each connection is no danger.
    public static final int FREE_BYTES = 16 * 1024;

    /// A larger share counts as large.
    private static final long SMALL_BYTES = 1 << 20;
    /// One of this many parts is for small shares.
    private static final int PARTS = 5;
    /// One of this many parts of a lane's free memory is offered to a request that could do with less.
    private static final int OFFERED_PART = 32;

    private final MemoryLane small;
    private final MemoryLane large;
    private final long smallBytes;
    private final Duration patience;

    /// @param bytes    how much there is to give out
    /// @param patience how long a request waits for its share
    public MemoryBudget(long bytes, Duration patience) {
        this.small = new MemoryLane(bytes / PARTS);
        this.large = new MemoryLane(bytes - bytes / PARTS);
        this.smallBytes = Math.min(SMALL_BYTES, bytes / PARTS / 4);
        this.patience = patience;
    }

    /// How much there is to give out, and how much of it is given out.
    public long size() {
        return small.size() + large.size();
    }

    public long used() {
        return small.taken() + large.taken();
    }

    public Share share() {
        return new Share(Connection.pace());
    }

    /// There is not enough memory at present. The exception ends a turn that nobody may keep while waiting.
    public static final class MoreException extends RuntimeException {

        private final long bytes;

        private MoreException(long bytes) {
            super("There is no memory at present.", null, false, false);
            this.bytes = bytes;
        }

        /// How much the share has to hold in total.
        public long bytes() {
            return bytes;
        }
    }

    /// What one request holds, until it is closed. For use by one thread.
    public final class Share implements AutoCloseable {

        private final Holding holding;
        private @Nullable MemoryLane lane;
        private boolean isLarge;

        private Share(Optional<Pace> client) {
            this.holding = new Holding(client);
        }

        /// Says in advance how much the share may hold. A share that may become large is large from the beginning.
        public void expect(long bytes) {
            isLarge |= bytes > smallBytes;
        }

        /// Holds this much in total. Waits if necessary.
        ///
        /// @throws Problem 503 if there is not enough in time
        public void hold(long bytes) {
            if (tryHold(bytes)) {
                return;
            }
            expect(bytes);
            MemoryLane wanted = wanted();
            if (lane != wanted) {
                // A share that waits among the large ones takes nothing from the small ones.
                close();
                lane = wanted;
            }
            long more = bytes - held();
            if (!await(wanted, more)) {
                throw Problem.overloaded("Too many large requests are being answered already: try again in a moment.");
            }
            holding.add(more);
        }

        private boolean await(MemoryLane wanted, long more) {
            return Span.waiting("wait for memory", () -> wanted.take(holding, more, patience.toMillis()));
        }

        /// Holds this much in total, if it is there at once.
        public boolean tryHold(long bytes) {
            if (bytes <= held() || bytes <= FREE_BYTES) {
                return true;
            }
            expect(bytes);
            MemoryLane wanted = wanted();
            if (held() > 0 && lane != wanted) {
                return false;
            }
            lane = wanted;
            long more = bytes - held();
            boolean taken = wanted.tryTake(holding, more);
            holding.add(taken ? more : 0);
            return taken;
        }

        /// Holds this much in total, or ends the turn.
        ///
        /// @throws MoreException if it is not there at once
        public void require(long bytes) {
            if (!tryHold(bytes)) {
                throw new MoreException(bytes);
            }
        }

        /// Holds as much as can be spared, and at most this much. A share that is not large stays so.
        ///
        /// @return how much it holds now
        public long offer(long most) {
            shrinkTo(most);
            long spare = Math.min(wanted().spare(OFFERED_PART), isLarge ? Long.MAX_VALUE : smallBytes);
            if (spare > held()) {
                tryHold(Math.min(most, spare));
            }
            return held();
        }

        private MemoryLane wanted() {
            return isLarge ? large : small;
        }

        /// Gives back what exceeds this much.
        public void shrinkTo(long bytes) {
            long less = held() - (bytes <= FREE_BYTES ? 0 : bytes);
            if (less > 0 && lane != null) {
                holding.add(-less);
                lane.giveBack(holding, less, held() == 0);
            }
        }

        /// How much it holds.
        public long held() {
            return holding.bytes();
        }

        @Override
        public void close() {
            shrinkTo(0);
        }
    }
}
