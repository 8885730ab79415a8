package dev.martlet.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/// What a connection waits for, and until when. The connection's thread notes it, and the watchdog reads it.
final class Wait {

    /// How long idle connections last after the listener is closed: a request may be on its way.
    private static final Duration LAST_CALL = Duration.ofSeconds(1);
    static final long NEVER = Long.MAX_VALUE;

    private final LongSupplier nanos;
    private volatile long due = NEVER;
    private volatile long idleSince = NEVER;
    private volatile long lastCall = NEVER;

    Wait() {
        this(System::nanoTime);
    }

    /// With another clock.
    ///
    /// @param nanos like `System.nanoTime()`
    Wait(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// Waits for the other side until a moment of `System.nanoTime()`, or without limit for [#NEVER].
    void until(long moment) {
        due = moment;
    }

    /// Waits for the next request.
    void idle() {
        idleSince = nanos.getAsLong();
    }

    void over() {
        due = NEVER;
        idleSince = NEVER;
    }

    /// The listener is closed: an idle connection has only a moment left.
    void lastCall() {
        lastCall = nanos.getAsLong() + LAST_CALL.toNanos();
    }

    boolean ending() {
        return lastCall != NEVER;
    }

    /// Whether the wait has lasted too long.
    ///
    /// @param mostIdle how long a connection may wait for its next request
    boolean overdue(long now, Duration mostIdle) {
        long since = idleSince;
        boolean idleForLong = since != NEVER && now - since > mostIdle.toNanos();
        boolean idleAtTheEnd = since != NEVER && passed(lastCall, now);
        return passed(due, now) || idleForLong || idleAtTheEnd;
    }

    private static boolean passed(long moment, long now) {
        return moment != NEVER && now - moment > 0;
    }
}
