package dev.martlet.store;

/// The memory that a reader has for documents.
@FunctionalInterface
public interface Room {

    /// Asks for room for so many bytes of documents.
    ///
    /// @param useful how much would be of use; more than `bytes` means that earlier documents are not needed any
    ///     more
    /// @param waits  whether to wait for it
    /// @return how much there is room for: at least `bytes`, or 0 if it is not there and the caller does not wait
    long forBytes(long bytes, long useful, boolean waits);
}
