package dev.martlet.local;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How much all sorts may hold together: a quarter of the heap. Each sort may hold half of that, but never more
/// than 100 MB, which is MongoDB's limit too.
///
/// A sort takes everything that it may need before it begins. Otherwise two sorts could wait for each other. At its
/// end it gives back what it did not need.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/method/cursor.sort/#limits">Limits of a sort</a>
final class SortMemory {

    private static final int MOST_KIB = 100 * 1000 * 1000 / 1024;
    private static final int AT_ONCE = 2;

    private final int each;
    private final Semaphore free;

    SortMemory(long heapBytes) {
        each = (int) Math.min(MOST_KIB, heapBytes / 4 / AT_ONCE / 1024);
        free = new Semaphore(AT_ONCE * each, true);
    }

    /// Waits until there is memory for one more sort.
    ///
    /// @throws CommandFailure if there is none in time
    Share reserve(Duration patience) {
        try {
            if (free.tryAcquire(each, patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return new Share();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new CommandFailure(50, "MaxTimeMSExpired", "other sorts hold the memory: try again in a moment");
    }

    final class Share implements AutoCloseable {
        private int held = each;

        /// @throws CommandFailure if it is more than one sort may hold
        void require(long bytes) {
            if (bytes / 1024 >= each) {
                throw new CommandFailure(
                        292,
                        "QueryExceededMemoryLimitNoDiskUseAllowed",
                        "Sort exceeded memory limit of " + each * 1024L
                                + " bytes: sort fewer documents with a filter, or ask for the first with a limit");
            }
        }

        synchronized void shrinkTo(long bytes) {
            int left = (int) Math.min(held, bytes / 1024 + 1);
            free.release(held - left);
            held = left;
        }

        @Override
        public synchronized void close() {
            free.release(held);
            held = 0;
        }
    }
}
