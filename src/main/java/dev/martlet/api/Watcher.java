package dev.martlet.api;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A watcher. It catches up from the database, a batch at a time and at its own pace. Then it continues with all
/// others in the feed. For use by one thread.
final class Watcher implements AutoCloseable {

    /// How long to wait until the feed reaches the watcher's place, which may be from another replica.
    private static final Duration MOMENT = Duration.ofMillis(100);

    private final Feed feed;
    private final FeedSource source;
    private String place;
    private Optional<Feed.Seat> seat = Optional.empty();
    private @Nullable Caught caught;

    private Watcher(Feed feed, FeedSource source, String place) {
        this.feed = feed;
        this.source = source;
        this.place = place;
    }

    /// @param place the place after which it begins; empty for now
    /// @throws dev.martlet.store.FeedRefusedException if it cannot
    /// @throws dev.martlet.store.UnavailableException if the database is away
    static Watcher begin(Feed feed, FeedSource source, String place) throws InterruptedException {
        var watcher = new Watcher(feed, source, place);
        watcher.seat = feed.join(place);
        if (watcher.seat.isPresent()) {
            watcher.place = watcher.seat.get().begin();
        } else if (!feed.closed()) {
            watcher.caught = source.after(place);
        }
        return watcher;
    }

    /// The place that it has reached.
    String place() {
        return place;
    }

    /// The next changes, or none if none came in time. Empty if the stream ends, and the client should connect
    /// again.
    Optional<Caught> next(Duration most) throws InterruptedException {
        Optional<Caught> next = seat.isPresent() ? seat.get().take(most) : past();
        next.ifPresent(some -> place = some.place());
        return next;
    }

    private Optional<Caught> past() throws InterruptedException {
        if (feed.closed()) {
            return Optional.empty();
        }
        Caught next = caught == null ? source.after(place) : caught;
        caught = null;
        seat = feed.join(next.place());
        if (seat.isEmpty() && next.told().isEmpty()) {
            Thread.sleep(MOMENT);
        }
        return Optional.of(next);
    }

    @Override
    public void close() {
        seat.ifPresent(Feed.Seat::close);
    }
}
