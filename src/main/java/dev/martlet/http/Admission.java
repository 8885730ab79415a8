package dev.martlet.http;

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
/// a limit of their own.
public final class Admission {

    private final int mostRequests;
    private final int mostStreams;
    private final Semaphore requests;
    private final Semaphore streams;

    /// @param mostRequests at once; half as many streams come on top
    public Admission(int mostRequests) {
        this.mostRequests = mostRequests;
        this.mostStreams = Math.max(1, mostRequests / 2);
        this.requests = new Semaphore(mostRequests);
        this.streams = new Semaphore(mostStreams);
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
        return place(requests, mostRequests + " requests are being answered already.");
    }

    /// A place for a listing or an NDJSON upload.
    ///
    /// @throws Problem 503 when all are taken
    public Place stream() {
        return place(
                streams,
                "As many listings and NDJSON uploads as there may be at once, " + mostStreams
                        + ", are under way already.");
    }

    private static Place place(Semaphore places, String allTaken) {
        if (!places.tryAcquire()) {
            throw Problem.overloaded(allTaken + " Try again in a moment.");
        }
        return places::release;
    }
}
