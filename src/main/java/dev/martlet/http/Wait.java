package dev.martlet.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/// What a connection waits for, and until when: the connection's thread notes it, and the watchdog looks at it.
final class Wait {

    /// After the listener is closed: for requests that are on their way on connections that seem idle.
    private static final Duration LAST_CALL = Duration.ofSeconds(1);
    static final long NEVER = Long.MAX_VALUE;

    private final LongSupplier nanos;
    private volatile long due = NEVER;
    private volatile long idleSince = NEVER;
    private volatile long lastCall = NEVER;

    Wait() {
        this(System::nanoTime);
    }

    /// With a clock of its own.
    ///
    /// @param nanos as `System.nanoTime()`
    Wait(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// Waits for the other side until a moment in `System.nanoTime()`, or without an end for [#NEVER].
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

    /// Says that the listener is closed: an idle connection then has but a moment left.
    void lastCall() {
        lastCall = nanos.getAsLong() + LAST_CALL.toNanos();
    }

    boolean ending() {
        return lastCall != NEVER;
    }

    /// Whether it has lasted too long.
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
