package dev.martlet.store;

/// Learns of each operation on the collection, for meters.
@FunctionalInterface
public interface Observer {
    /// @param operation what was done: `insert`, `find`, …
    /// @param nanos     how long it took, waiting and retries included
    /// @param failed    whether it ended without an answer of the database
    void completed(String operation, long nanos, boolean failed);

    /// A command has had to wait for its turn.
    default void waited(long nanos) {
        // Who asks only for operations need not care.
    }
}
