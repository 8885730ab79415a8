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
    private final int mostStreams;
    private final Semaphore requests;
    private final Set<Stream> streams = new LinkedHashSet<>();

    /// @param mostRequests how many at once; half as many streams come on top
    public Admission(int mostRequests) {
        this.mostRequests = mostRequests;
        this.mostStreams = Math.max(1, mostRequests / 2);
        this.requests = new Semaphore(mostRequests);
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

    private final class Stream implements Place {

        private final Optional<Pace> client;

        private Stream(Optional<Pace> client) {
            this.client = client;
        }

        private Object address() {
            return client.<Object>map(Pace::address).orElse(Admission.this);
        }

        @Override
        public void close() {
            synchronized (Admission.this) {
                streams.remove(this);
                Admission.this.notify();
            }
        }
    }

    /// A place for a listing or an NDJSON upload.
    ///
    /// @throws Problem 503 when all are taken
    public Place stream() {
        var stream = new Stream(Connection.pace());
        if (!tryAdd(stream)) {
            long givenUp = taken().stream()
                    .filter(other -> other.client.map(Pace::giveUpIfSlow).orElse(false))
                    .count();
            if (givenUp == 0 || !addInAMoment(stream)) {
                throw Problem.overloaded("All places for listings and NDJSON uploads, " + mostStreams
                        + ", are taken: try again in a moment.");
            }
        }
        return stream;
    }

    private synchronized List<Stream> taken() {
        return List.copyOf(streams);
    }

    private synchronized boolean tryAdd(Stream stream) {
        int size = streams.size();
        boolean free = size < mostStreams || (size < mostStreams + mostStreams / 4 && !hasAll(stream.address()));
        if (free) {
            streams.add(stream);
        }
        return free;
    }

    private boolean hasAll(Object address) {
        return streams.stream()
                        .filter(stream -> stream.address().equals(address))
                        .count()
                >= mostStreams;
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
