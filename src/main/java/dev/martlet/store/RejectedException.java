package dev.martlet.store;

/// The database understood the document or the query, and will not have it. The message says why, and what to change.
public final class RejectedException extends RuntimeException {

    private final boolean conflict;

    RejectedException(String message) {
        this(message, false);
    }

    private RejectedException(String message, boolean conflict) {
        super(message, null, false, false);
        this.conflict = conflict;
    }

    /// @param index the unique index by which another document has what this one wants
    static RejectedException duplicate(String index) {
        return new RejectedException(
                "Another document has the same value in the unique index `" + index
                        + "`: send another value, or change that document first.",
                true);
    }

    /// Whether it is another document that stands in the way, and not what this one is.
    public boolean conflict() {
        return conflict;
    }
}
