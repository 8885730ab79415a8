package dev.martlet.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A clock that stands still until somebody moves it. Sleeping moves it.
final class TestTime extends Time {

    final List<Long> sleeps = new ArrayList<>();
    private long nanos = 1;

    @Override
    synchronized long nanos() {
        return nanos;
    }

    @Override
    synchronized void sleep(long millis) {
        sleeps.add(millis);
        nanos += millis * 1_000_000;
    }

    synchronized void pass(Duration duration) {
        nanos += duration.toNanos();
    }
}
