package dev.martlet.http;

import java.time.Duration;

/// Whether a client keeps up, for when others wait for what it holds.
///
/// A client has [#GRACE] of patience: waiting for it uses patience up, and each byte that it sends or takes earns some
/// back. So a pause does no harm to who is fast, and who keeps to [#LEAST_BYTES_PER_SECOND] never runs out of it. Who
/// has run out is slow: that costs him nothing unless somebody needs what he holds.
final class Pace {

    /// Half a megabit: a slow telephone, and fifteen times what the time-out of a piece asks for.
    static final int LEAST_BYTES_PER_SECOND = 64 << 10;
    static final Duration GRACE = Duration.ofSeconds(2);

    private static final long NOT_WAITING = Long.MAX_VALUE;

    private final Object address;
    private final Runnable giveUp;
    // Written by the connection's thread, read by those that wait.
    private volatile long patienceNanos = GRACE.toNanos();
    private volatile long waitingSince = NOT_WAITING;

    /// @param address of the client
    /// @param giveUp  ends its request, from whatever thread
    Pace(Object address, Runnable giveUp) {
        this.address = address;
        this.giveUp = giveUp;
    }

    Object address() {
        return address;
    }

    /// A request begins: what was before it is forgotten.
    void begin() {
        patienceNanos = GRACE.toNanos();
    }

    /// The service waits for the client to send or to take something.
    void waits(long now) {
        waitingSince = now;
    }

    /// So much was sent or taken.
    void moved(long bytes, long now) {
        long earned = bytes * 1_000_000_000L / LEAST_BYTES_PER_SECOND - (now - waitingSince);
        waitingSince = NOT_WAITING;
        patienceNanos = Math.min(GRACE.toNanos(), patienceNanos + earned);
    }

    boolean slow(long now) {
        long since = waitingSince;
        return since != NOT_WAITING && patienceNanos - (now - since) < 0;
    }

    /// Whether it was.
    boolean giveUpIfSlow() {
        boolean slow = slow(System.nanoTime());
        if (slow) {
            giveUp.run();
        }
        return slow;
    }
}
