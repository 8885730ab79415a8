package dev.martlet.http;

import java.util.Optional;

/// How much memory one request holds, and for whom. One thread writes it; threads that wait read it.
@SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes it.
final class Holding {

    private final Optional<Pace> client;
    private volatile long bytes;

    Holding(Optional<Pace> client) {
        this.client = client;
    }

    long bytes() {
        return bytes;
    }

    void add(long more) {
        bytes += more;
    }

    /// Whose memory it is: the client's address. Without a client, this holding itself.
    Object address() {
        return client.<Object>map(Pace::address).orElse(this);
    }

    void giveUpIfSlow() {
        client.ifPresent(Pace::giveUpIfSlow);
    }
}
