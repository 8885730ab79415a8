package dev.martlet.store;

/// The database did not answer in time. Whether a write took effect is not known, except that [DocumentStore] never
/// reports this for a write that it knows to be stored.
public final class UnavailableException extends RuntimeException {
    UnavailableException(String message) {
        // No stack trace: under an outage this is thrown thousands of times, and always from the same two places.
        super(message, null, false, false);
    }
}
