package dev.martlet.store;

/// The requested changes cannot be had, now or ever.
public final class FeedRefusedException extends RuntimeException {

    /// The reason.
    public enum Reason {
        /// The database has no change streams.
        NO_STREAMS,
        /// The database has never given out this place.
        NO_PLACE,
        /// The database has forgotten the changes after this place.
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
