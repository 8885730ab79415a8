package dev.martlet.local;

import java.util.concurrent.Semaphore;

/// How much large requests may take together before they are read: of the others the network keeps the rest.
///
/// A document that is being stored is there about five times: as it came, with its seal, in the commit that many
/// share, and twice in that commit's buffer when it grows. So they get a 32nd of the heap, which makes a sixth of it.
final class LargeRequests {

    private static final int HEAP_PART = 32;
    /// Smaller ones do not wait: of them there are as many as connections at most.
    private static final int SMALL_BYTES = 64 << 10;

    private final int most;
    private final Semaphore free;

    LargeRequests(long heapBytes) {
        most = (int) Math.min(Integer.MAX_VALUE, heapBytes / HEAP_PART);
        free = new Semaphore(most, true);
    }

    /// Waits until there is room; one that is larger than all the room there is waits until it is alone.
    ///
    /// @return what to release when it has been answered
    int acquire(int bytes) {
        int needed = bytes <= SMALL_BYTES ? 0 : Math.min(bytes, most);
        free.acquireUninterruptibly(needed);
        return needed;
    }

    void release(int bytes) {
        free.release(bytes);
    }
}
