package dev.martlet.store;

/// The memory that whoever reads documents has for them.
@FunctionalInterface
public interface Room {

    /// Asks for room for so many bytes of documents.
    ///
    /// @param useful how much would be of use; more than `bytes` says that nothing of before is needed any more
    /// @param waits  whether to wait for it
    /// @return how much there is room for: `bytes` at least, or 0 when it is not there and the caller does not wait
    long forBytes(long bytes, long useful, boolean waits);
}
