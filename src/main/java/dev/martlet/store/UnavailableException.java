package dev.martlet.store;

/// The database did not answer in time, or answered that it cannot. [#doubtful] says whether a write may have taken
/// effect. [DocumentStore] never reports this for a write that it knows to be stored.
public final class UnavailableException extends RuntimeException {

    private final boolean refused;
    private final boolean damage;
    private final boolean doubtful;

    UnavailableException(String message) {
        this(message, false, false, false);
    }

    private UnavailableException(String message, boolean refused, boolean damage, boolean doubtful) {
        // No stack trace: during an outage this is thrown thousands of times, always from the same two places.
        super(message, null, false, false);
        this.refused = refused;
        this.damage = damage;
        this.doubtful = doubtful;
    }

    static UnavailableException refused() {
        return new UnavailableException("The database does not accept this at present", true, false, false);
    }

    static UnavailableException outOfMemory() {
        return new UnavailableException("The database has too little memory for this at present", true, false, false);
    }

    static UnavailableException damaged() {
        return new UnavailableException(
                "A document in the database is damaged, and the log of the database names it: replace it with PUT, or"
                        + " delete it, or restore a copy of the database",
                true,
                true,
                false);
    }

    /// Whether something that is stored is damaged. Then it does not help to try again.
    public boolean damage() {
        return damage;
    }

    /// Whether the database refused, so that nothing was done.
    boolean isRefused() {
        return refused;
    }

    /// The same, after a write that may have taken effect.
    UnavailableException inDoubt() {
        return new UnavailableException(String.valueOf(getMessage()), refused, damage, true);
    }

    /// Whether a change may have been made. Otherwise nothing was changed.
    public boolean doubtful() {
        return doubtful;
    }

    public static UnavailableException tooLate() {
        return new UnavailableException("The database did not answer in time");
    }
}
