package dev.martlet.api;

import dev.martlet.store.ChangeStream;
import dev.martlet.store.Changed;
import dev.martlet.store.FeedRefusedException;
import dev.martlet.store.UnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The changes, for all watchers. One stream of the database feeds them. It begins with the first watcher, and ends
/// a while after the last one has gone.
///
/// The last changes are in a ring that all watchers read. So a watcher takes no memory but its number in the ring.
/// A watcher that is too slow is left behind: it has to connect again, and to catch up.
final class Feed implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(Feed.class.getName());
    /// How long the stream goes on without a watcher, because one may come back.
    private static final Duration LINGER = Duration.ofSeconds(30);
    /// How long the others wait for a slow watcher before it is left behind.
    private static final Duration GRACE = Duration.ofMillis(250);
    private static final Duration MOMENT = Duration.ofSeconds(1);
    /// How much a watcher takes at a time, and so can hold if it is slow.
    private static final int TAKEN_BYTES = 16 << 10;

    private final FeedSource source;
    private final ChangeRing ring;
    private final Semaphore starting = new Semaphore(1, true);
    private final Set<Seat> seats = new HashSet<>();
    private @Nullable Thread reader;
    private boolean awaitsSlowest;
    private boolean closed;
    private long lastWatched;
    private volatile long lagMillis;
    /// When the database was lost. 0 while it answers.
    private volatile long lostSince;

    /// @param mostBytes the size of the ring
    Feed(FeedSource source, long mostBytes) {
        this.source = source;
        this.ring = new ChangeRing(mostBytes);
    }

    /// The age of the latest change when it was sent. Without the database, for how long it has been lost.
    double lagSeconds() {
        long since = lostSince;
        return since == 0 ? lagMillis / 1e3 : (System.nanoTime() - since) / 1e9;
    }

    /// Whether everything ends.
    synchronized boolean closed() {
        return closed;
    }

    /// A place in the ring. For use by one thread.
    final class Seat implements AutoCloseable {

        private final String begin;
        private long number;

        private Seat(String begin, long number) {
            this.begin = begin;
            this.number = number;
        }

        /// Where it begins.
        String begin() {
            return begin;
        }

        /// The next changes, or none if none came in time. Empty if the watcher is left behind, or everything ends.
        Optional<Caught> take(Duration most) throws InterruptedException {
            synchronized (Feed.this) {
                if (!await(number, most)) {
                    return Optional.empty();
                }
                List<Told> some = ring.from(number, TAKEN_BYTES);
                number += some.size();
                if (awaitsSlowest) {
                    Feed.this.notifyAll();
                }
                return Optional.of(new Caught(
                        some,
                        number == ring.next() ? ring.place() : some.getLast().place()));
            }
        }

        @Override
        public void close() {
            synchronized (Feed.this) {
                seats.remove(this);
                lastWatched = System.nanoTime();
                Feed.this.notifyAll();
            }
        }
    }

    /// Waits for a change of this number.
    ///
    /// @return whether it can still come
    private boolean await(long number, Duration most) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        long millis = most.toMillis();
        while (!closed && number == ring.next() && millis > 0) {
            wait(millis);
            millis = (until - System.nanoTime()) / 1_000_000;
        }
        return !closed && number >= ring.first() && number <= ring.next();
    }

    /// A seat from which a watcher sees all changes after a place. Empty if the ring does not have all of them.
    ///
    /// @param place empty for now
    /// @throws FeedRefusedException if the database has no change streams
    /// @throws UnavailableException if it is away
    Optional<Seat> join(String place) throws InterruptedException {
        start();
        synchronized (this) {
            if (reader == null || !(place.isEmpty() || ring.covers(place))) {
                return Optional.empty();
            }
            var seat = place.isEmpty() ? new Seat(ring.place(), ring.next()) : new Seat(place, ring.after(place));
            seats.add(seat);
            return Optional.of(seat);
        }
    }

    private void start() throws InterruptedException {
        if (runs()) {
            return;
        }
        if (!starting.tryAcquire(source.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
            throw UnavailableException.tooLate();
        }
        try {
            if (!runs()) {
                ChangeStream stream = source.open();
                synchronized (this) {
                    ring.begin(stream.place());
                    lastWatched = System.nanoTime();
                    reader = Thread.ofVirtual().name("feed").start(() -> read(stream));
                }
            }
        } finally {
            starting.release();
        }
    }

    private synchronized boolean runs() {
        return reader != null || closed;
    }

    private void read(ChangeStream stream) {
        try (stream) {
            while (wanted()) {
                try {
                    List<Changed> changes = stream.next();
                    lostSince = 0;
                    lagMillis = changes.isEmpty()
                            ? 0
                            : Math.max(
                                    0,
                                    System.currentTimeMillis()
                                            - changes.getLast().millis());
                    publish(FeedSource.told(changes), stream.place());
                } catch (UnavailableException e) {
                    lostSince = lostSince == 0 ? System.nanoTime() | 1 : lostSince;
                    Thread.sleep(FeedSource.PAUSE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (FeedRefusedException e) {
            LOGGER.log(Level.WARNING, "The next changes are lost: watchers have to begin anew");
        } finally {
            end();
        }
    }

    private synchronized boolean wanted() {
        return !closed && (!seats.isEmpty() || System.nanoTime() - lastWatched < LINGER.toNanos());
    }

    private synchronized void publish(List<Told> told, String place) throws InterruptedException {
        ring.add(told, place);
        notifyAll();
        long excess = ring.excess();
        long until = System.nanoTime() + GRACE.toNanos();
        awaitsSlowest = true;
        for (long left = GRACE.toMillis(); left > 0 && anyBefore(excess); ) {
            wait(left);
            left = (until - System.nanoTime()) / 1_000_000;
        }
        awaitsSlowest = false;
        ring.forget(excess);
    }

    /// Watchers that are left behind already do not count.
    private boolean anyBefore(long number) {
        return seats.stream().anyMatch(seat -> seat.number >= ring.first() && seat.number < number);
    }

    private synchronized void end() {
        reader = null;
        lostSince = 0;
        lagMillis = 0;
        ring.begin("");
        notifyAll();
    }

    /// Ends everything, so that clients connect again elsewhere.
    @Override
    public void close() {
        Thread last;
        synchronized (this) {
            closed = true;
            last = reader;
            notifyAll();
        }
        if (last != null) {
            last.interrupt();
            awaitEnd(last);
        }
    }

    /// The database has to learn of it before the connection closes.
    private static void awaitEnd(Thread reader) {
        try {
            reader.join(MOMENT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
