package dev.martlet.store;

/// The changes that somebody asks for cannot be told, now or ever.
public final class FeedRefusedException extends RuntimeException {

    /// Why not.
    public enum Reason {
        /// The database has no change streams.
        NO_STREAMS,
        /// The place to go on from is none that it has given.
        NO_PLACE,
        /// What came after that place is forgotten.
        TOO_OLD
    }

    private final Reason reason;

    FeedRefusedException(Reason reason) {
        super(reason.name(), null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
