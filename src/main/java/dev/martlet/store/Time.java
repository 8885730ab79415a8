package dev.martlet.store;

/// The clock for retries and outages. That of a test does not wait.
class Time {

    /// Like [System#nanoTime].
    long nanos() {
        return System.nanoTime();
    }

    void sleep(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }
}
