package dev.martlet.store;

/// The database did not answer in time, or answered that it cannot. Whether a write took effect is not known, except
/// that [DocumentStore] never reports this for a write that it knows to be stored.
public final class UnavailableException extends RuntimeException {

    private final boolean refused;

    UnavailableException(String message) {
        this(message, false);
    }

    private UnavailableException(String message, boolean refused) {
        // No stack trace: under an outage this is thrown thousands of times, and always from the same two places.
        super(message, null, false, false);
        this.refused = refused;
    }

    static UnavailableException refused() {
        return new UnavailableException("The database does not accept this at present", true);
    }

    /// Whether the database answered that it will not, so that nothing was done.
    boolean isRefused() {
        return refused;
    }

    public static UnavailableException tooLate() {
        return new UnavailableException("The database did not answer in time");
    }
}
