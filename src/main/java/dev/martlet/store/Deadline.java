package dev.martlet.store;

import java.time.Duration;

/// The moment by which the database part of a request must have ended.
public record Deadline(long nanoTime) {

    public static Deadline in(Duration duration) {
        return in(duration, new Time());
    }

    static Deadline in(Duration duration, Time time) {
        return new Deadline(time.nanos() + duration.toNanos());
    }

    long remainingMillis(Time time) {
        return (nanoTime - time.nanos()) / 1_000_000;
    }
}
