package dev.martlet.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PaceTest {

    private static final long SECOND = 1_000_000_000L;

    private final Pace pace = new Pace("somebody", () -> {});

    /// Takes this many bytes a second, in one piece each second.
    private boolean slow(int bytesPerSecond, int seconds) {
        long now = 0;
        for (int i = 0; i < seconds; i++) {
            pace.waits(now);
            now += SECOND;
            if (pace.slow(now)) {
                return true;
            }
            pace.moved(bytesPerSecond, now);
        }
        return false;
    }

    @Test
    void silence_isSlowAfterTheGrace() {
        pace.waits(0);
        assertFalse(pace.slow(2 * SECOND));
        assertTrue(pace.slow(2 * SECOND + 1));
    }

    @Test
    void lessThanTheLeast_isSlowInTheEnd() {
        assertTrue(slow(20_000, 10));
    }

    @Test
    void theLeast_isNeverSlow() {
        assertFalse(slow(Pace.LEAST_BYTES_PER_SECOND, 1000));
    }

    @Test
    void whatTheKernelTookAtOnce_helpsNobodyForLong() {
        pace.waits(0);
        pace.moved(100_000_000, 0);
        assertTrue(slow(20_000, 10));
    }

    @Test
    void theServicesOwnTime_isNobodysFault() {
        pace.waits(0);
        pace.moved(1, SECOND);
        assertFalse(pace.slow(1000 * SECOND));
    }
}
