package dev.martlet.store;

/// The database understood the document or the query, and refuses it. The message says why, and what to change.
public final class RejectedException extends RuntimeException {

    private final boolean conflict;

    RejectedException(String message) {
        this(message, false);
    }

    private RejectedException(String message, boolean conflict) {
        super(message, null, false, false);
        this.conflict = conflict;
    }

    /// @param index the unique index in which another document has the same value
    static RejectedException duplicate(String index) {
        return new RejectedException(
                "Another document has the same value in the unique index `" + index
                        + "`: send another value, or change that document first.",
                true);
    }

    /// Whether another document is in the way. Otherwise the document itself is wrong.
    public boolean conflict() {
        return conflict;
    }
}
