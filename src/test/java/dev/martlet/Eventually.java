package dev.martlet;

import java.time.Duration;

/// Assertions that need not hold at once.
///
/// ```java
/// eventually(Duration.ofSeconds(10), () -> assertEquals(0, service.connections()));
/// ```
public final class Eventually {

    private static final Duration PAUSE = Duration.ofMillis(20);

    private Eventually() {}

    /// Assertions that may fail at first.
    @FunctionalInterface
    public interface Check {
        void run() throws Exception;
    }

    /// Checks again and again until the assertions hold.
    ///
    /// @return how long it took
    /// @throws AssertionError of the last try, if they do not hold within `most`
    public static Duration eventually(Duration most, Check check) throws Exception {
        long started = System.nanoTime();
        while (true) {
            boolean last = System.nanoTime() - started > most.toNanos();
            try {
                check.run();
                return Duration.ofNanos(System.nanoTime() - started);
            } catch (AssertionError e) {
                if (last) {
                    throw new AssertionError("still not after " + most + ": " + e.getMessage(), e);
                }
            }
            Thread.sleep(PAUSE);
        }
    }
}
