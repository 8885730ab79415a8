package dev.martlet.store;

/// The database did not answer in time, or answered that it cannot. Nobody knows whether a write took effect. But
/// [DocumentStore] never reports this for a write that it knows to be stored.
public final class UnavailableException extends RuntimeException {

    private final boolean refused;
    private final boolean damage;

    UnavailableException(String message) {
        this(message, false, false);
    }

    private UnavailableException(String message, boolean refused, boolean damage) {
        // No stack trace: during an outage this is thrown thousands of times, always from the same two places.
        super(message, null, false, false);
        this.refused = refused;
        this.damage = damage;
    }

    static UnavailableException refused() {
        return new UnavailableException("The database does not accept this at present", true, false);
    }

    static UnavailableException outOfMemory() {
        return new UnavailableException("The database has too little memory for this at present", true, false);
    }

    static UnavailableException damaged() {
        return new UnavailableException(
                "A document in the database is damaged, and the log of the database names it: replace it with PUT, or"
                        + " delete it, or restore a copy of the database",
                true,
                true);
    }

    /// Whether something that is stored is damaged. Then it does not help to try again.
    public boolean damage() {
        return damage;
    }

    /// Whether the database refused, so that nothing was done.
    boolean isRefused() {
        return refused;
    }

    public static UnavailableException tooLate() {
        return new UnavailableException("The database did not answer in time");
    }
}
