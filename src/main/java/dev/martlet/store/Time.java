package dev.martlet.store;

/// The clock that retries and outages are measured by; a test's own one does not wait.
class Time {

    /// As [System#nanoTime].
    long nanos() {
        return System.nanoTime();
    }

    void sleep(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }
}
