package dev.martlet.http;

/// Large work, done a slice at a time.
///
/// Virtual threads run until they wait for something. On the half processor of a pod, one large document would keep
/// everybody else waiting.
final class Slices {

    /// A tenth of a millisecond or a little more.
    static final int BYTES = 64 << 10;

    private Slices() {}

    /// Lets others have a turn, if more than a slice has been done.
    @SuppressWarnings("ThreadPriorityCheck") // It is for the others, and nothing depends on it.
    static void next(int done) {
        if (done >= BYTES) {
            Thread.yield();
        }
    }
}
