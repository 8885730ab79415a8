package dev.martlet.store;

import java.time.Duration;

/// The moment by which the database part of a request must have ended.
public record Deadline(long nanoTime) {

    public static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    long remainingMillis() {
        return (nanoTime - System.nanoTime()) / 1_000_000;
    }
}
