package dev.martlet.http;

import java.time.Duration;

/// Knows whether a client keeps up. That matters when others wait for what it holds.
///
/// A client has [#GRACE] of patience. Waiting for it uses patience up. Each byte that it sends or takes earns some
/// back. So a pause does not harm a fast client, and a client at [#LEAST_BYTES_PER_SECOND] never runs out of
/// patience. A client that has run out is slow. That costs it nothing unless somebody needs what it holds.
final class Pace {

    /// Half a megabit a second: a slow telephone, and fifteen times what the time-out of a piece demands.
    static final int LEAST_BYTES_PER_SECOND = 64 << 10;
    static final Duration GRACE = Duration.ofSeconds(2);

    private static final long NOT_WAITING = Long.MAX_VALUE;

    private final Object address;
    private final Runnable giveUp;
    // The connection's thread writes these, and threads that wait read them.
    private volatile long patienceNanos = GRACE.toNanos();
    private volatile long waitingSince = NOT_WAITING;

    /// @param address of the client
    /// @param giveUp  ends its request; any thread may call it
    Pace(Object address, Runnable giveUp) {
        this.address = address;
        this.giveUp = giveUp;
    }

    Object address() {
        return address;
    }

    /// A request begins: the pace of earlier ones is forgotten.
    void begin() {
        patienceNanos = GRACE.toNanos();
    }

    /// The service waits for the client to send or to take something.
    void waits(long now) {
        waitingSince = now;
    }

    /// The client sent or took this much.
    void moved(long bytes, long now) {
        long earned = bytes * 1_000_000_000L / LEAST_BYTES_PER_SECOND - (now - waitingSince);
        waitingSince = NOT_WAITING;
        patienceNanos = Math.min(GRACE.toNanos(), patienceNanos + earned);
    }

    boolean slow(long now) {
        long since = waitingSince;
        return since != NOT_WAITING && patienceNanos - (now - since) < 0;
    }

    /// Ends the client's request if the client is slow.
    ///
    /// @return whether it was
    boolean giveUpIfSlow() {
        boolean slow = slow(System.nanoTime());
        if (slow) {
            giveUp.run();
        }
        return slow;
    }
}
