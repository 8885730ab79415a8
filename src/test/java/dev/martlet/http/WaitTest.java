package dev.martlet.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The rules of the watchdog, with a clock that takes no time.
class WaitTest {

    private static final Duration MOST_IDLE = Duration.ofSeconds(620);
    private static final Duration MOMENT = Duration.ofNanos(1);

    /// `System.nanoTime()` may be about to turn negative.
    private long now = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos();

    private final Wait wait = new Wait(() -> now);

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private boolean overdue() {
        return wait.overdue(now, MOST_IDLE);
    }

    @Test
    void nothingWaitedFor_isNeverOverdue() {
        pass(Duration.ofDays(1));
        assertFalse(overdue());
    }

    @Test
    void wait_isOverdueAfterItsMoment_untilItIsOver() {
        wait.until(now + Duration.ofSeconds(15).toNanos());
        pass(Duration.ofSeconds(15));
        assertFalse(overdue());
        pass(MOMENT);
        assertTrue(overdue());
        wait.over();
        assertFalse(overdue());
    }

    @Test
    void idleConnection_isOverdueAfterTheMost_untilItsNextRequest() {
        wait.idle();
        pass(MOST_IDLE);
        assertFalse(overdue());
        pass(MOMENT);
        assertTrue(overdue());
        wait.over();
        assertFalse(overdue());
        assertFalse(wait.ending());
    }

    /// Not at once: a request may be on its way.
    @Test
    void idleConnection_isOverdueASecondAfterTheLastCall() {
        wait.idle();
        pass(Duration.ofSeconds(5));
        wait.lastCall();
        assertTrue(wait.ending());
        pass(Duration.ofSeconds(1));
        assertFalse(overdue());
        pass(MOMENT);
        assertTrue(overdue());
    }

    @Test
    void busyConnection_isNotOverdueByTheLastCall_butOnceItIsIdle() {
        wait.until(now + Duration.ofSeconds(15).toNanos());
        wait.lastCall();
        pass(Duration.ofSeconds(10));
        assertFalse(overdue());
        wait.over();
        wait.idle();
        assertTrue(overdue());
    }

    @ParameterizedTest
    @CsvSource({"0, 144, PT10M20S", "126, 144, PT10M20S", "127, 144, PT2S", "144, 144, PT2S"})
    void nineTenthsOfTheConnections_makeTheIdleGiveWay(int open, int most, Duration mostIdle) {
        assertEquals(mostIdle, Connections.mostIdle(open, most));
    }
}
