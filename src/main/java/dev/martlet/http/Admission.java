package dev.martlet.http;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

/// Limits how many requests of `/data` are worked on at once. One more is refused at once, and does not wait.
///
/// ```java
/// byte[] body = Body.read(…);
/// try (var _ = admission.request()) {
///     store.insert(…);
/// }
/// ```
///
/// A request takes a place when its body is there, and gives it back before the answer is sent. So a slow client
/// takes a place from nobody. A stream goes at its client's pace and holds its place all the while, so streams have
/// a limit of their own. One client address can take all of these places, because a proxy may stand for all
/// clients. A quarter more is there for other addresses. When all places are taken, the streams of slow clients are
/// given up.
public final class Admission {

    /// How long a stream takes to end after it was given up.
    private static final long MOMENT_MILLIS = 500;

    private final int mostRequests;
    private final Semaphore requests;
    private final Streams streams;
    private final Streams watchers;

    /// @param mostRequests how many at once; half as many streams come on top, and twice as many who watch
    public Admission(int mostRequests) {
        this.mostRequests = mostRequests;
        this.requests = new Semaphore(mostRequests);
        int mostStreams = Math.max(1, mostRequests / 2);
        this.streams = new Streams(
                mostStreams,
                "All places for listings and NDJSON uploads, " + mostStreams + ", are taken: try again in a moment.");
        this.watchers = new Streams(
                2 * mostRequests,
                "All places for clients that watch, " + 2 * mostRequests + ", are taken: try again in a moment.");
    }

    /// A place, until it is closed.
    @FunctionalInterface
    public interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /// A place for a request that is not a stream.
    ///
    /// @throws Problem 503 if all are taken
    public Place request() {
        if (!requests.tryAcquire()) {
            throw Problem.overloaded(mostRequests + " requests are being answered already: try again in a moment.");
        }
        return requests::release;
    }

    /// A place for a listing or an NDJSON upload.
    ///
    /// @throws Problem 503 when all are taken
    public Place stream() {
        return streams.take();
    }

    /// A place for a watcher of changes, which mostly waits.
    ///
    /// @throws Problem 503 when all are taken
    public Place watcher() {
        return watchers.take();
    }

    /// How many watch.
    public int watchers() {
        return watchers.taken().size();
    }

    /// The places for what goes at its client's pace.
    private static final class Streams {

        private final int most;
        private final String full;
        private final Set<Stream> taken = new LinkedHashSet<>();

        Streams(int most, String full) {
            this.most = most;
            this.full = full;
        }

        private final class Stream implements Place {

            private final Optional<Pace> client;

            private Stream(Optional<Pace> client) {
                this.client = client;
            }

            private Object address() {
                return client.<Object>map(Pace::address).orElse(Streams.this);
            }

            @Override
            public void close() {
                synchronized (Streams.this) {
                    taken.remove(this);
                    Streams.this.notify();
                }
            }
        }

        Place take() {
            var stream = new Stream(Connection.pace());
            if (!tryAdd(stream)) {
                long givenUp = taken().stream()
                        .filter(other -> other.client.map(Pace::giveUpIfSlow).orElse(false))
                        .count();
                if (givenUp == 0 || !addInAMoment(stream)) {
                    throw Problem.overloaded(full);
                }
            }
            return stream;
        }

        synchronized List<Stream> taken() {
            return List.copyOf(taken);
        }

        private synchronized boolean tryAdd(Stream stream) {
            int size = taken.size();
            boolean free = size < most || (size < most + most / 4 && !hasAll(stream.address()));
            if (free) {
                taken.add(stream);
            }
            return free;
        }

        private boolean hasAll(Object address) {
            return taken.stream()
                            .filter(stream -> stream.address().equals(address))
                            .count()
                    >= most;
        }

        private synchronized boolean addInAMoment(Stream stream) {
            long end = System.currentTimeMillis() + MOMENT_MILLIS;
            boolean added = tryAdd(stream);
            try {
                for (long left = MOMENT_MILLIS; !added && left > 0; left = end - System.currentTimeMillis()) {
                    wait(left);
                    added = tryAdd(stream);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return added;
        }
    }
}
