package dev.martlet.store;

import java.util.Optional;
import java.util.Set;

/// The requested changes cannot be had, now or ever.
public final class FeedRefusedException extends RuntimeException {

    /// The reason.
    public enum Reason {
        /// The database has no change streams.
        NO_STREAMS,
        /// The database has never given out this place.
        NO_PLACE,
        /// The database has forgotten the changes after this place.
        TOO_OLD,
        /// The next change is too large for the database to send. It would be so for ever.
        TOO_LARGE
    }

    private static final Set<Integer> NO_STREAMS = Set.of(59, 115, 168, 238, 303, 304, 40324, 40573);
    private static final Set<Integer> TOO_OLD = Set.of(136, 280, 286);
    /// Only an `_id` of megabytes, of another client, makes an event so large.
    private static final Set<Integer> TOO_LARGE = Set.of(10334, 17419, 17420);
    /// The codes for a token that is not one: it cannot be parsed, is not a key string, or is of another kind.
    private static final Set<Integer> NO_PLACE = Set.of(2, 9, 14, 260);

    private final Reason reason;

    FeedRefusedException(Reason reason) {
        super(reason.name(), null, false, false);
        this.reason = reason;
    }

    /// What the database says of a change stream, if it is that.
    ///
    /// @param asked whether it has just been asked for a place
    static Optional<FeedRefusedException> of(Trouble trouble, boolean asked) {
        int code = trouble.code();
        // 406xx and 508xx are assertions of MongoDB's token parser.
        boolean unreadable = NO_PLACE.contains(code) || code / 100 == 406 || code / 100 == 508;
        Reason reason = NO_STREAMS.contains(code)
                ? Reason.NO_STREAMS
                : TOO_OLD.contains(code)
                        ? Reason.TOO_OLD
                        : TOO_LARGE.contains(code) ? Reason.TOO_LARGE : asked && unreadable ? Reason.NO_PLACE : null;
        return Optional.ofNullable(reason).map(FeedRefusedException::new);
    }

    public Reason reason() {
        return reason;
    }
}
