package dev.martlet.http;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

/// How many requests of `/data` are worked on at once. One more is refused at once, rather than kept waiting.
///
/// ```java
/// byte[] body = Body.read(…);
/// try (var _ = admission.request()) {
///     store.insert(…);
/// }
/// ```
///
/// A place is taken once the body is there, and given back before the answer is sent: a client that is slow with
/// either takes it from nobody. A stream goes at its client's pace and holds its place all the while, so streams have
/// a limit of their own. It holds for each client address, because all may come through one proxy; a quarter more is
/// there for the other addresses. When all places are taken, those of clients that are too slow are given up.
public final class Admission {

    /// How long a stream that is given up takes to end.
    private static final long MOMENT_MILLIS = 500;

    private final int mostRequests;
    private final int mostStreams;
    private final Semaphore requests;
    private final Set<Stream> streams = new LinkedHashSet<>();

    /// @param mostRequests at once; half as many streams come on top
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

    /// A place for what is answered in one go.
    ///
    /// @throws Problem 503 when all are taken
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
