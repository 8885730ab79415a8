package dev.martlet.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// How long the end is delayed, with a clock that takes no time.
class DrainTest {

    private static final Duration STEP = Duration.ofMillis(20);

    /// What happens at which time.
    private final TreeMap<Duration, Runnable> plan = new TreeMap<>();

    private Duration now = Duration.ZERO;
    private final Drain drain = new Drain(() -> now.toNanos(), this::pass);

    private void pass(Duration time) {
        now = now.plus(time);
        var due = plan.headMap(now, true);
        due.values().forEach(Runnable::run);
        due.clear();
    }

    private void at(int millis, Runnable event) {
        plan.put(Duration.ofMillis(millis), event);
    }

    private void request(boolean probe) {
        drain.enter(probe);
        drain.leave();
    }

    private void assertBeginTakes(int millis) {
        drain.begin();
        assertTrue(drain.draining());
        Duration late = now.minusMillis(millis);
        assertTrue(!late.isNegative() && late.compareTo(STEP) <= 0, () -> "took " + now + ", not " + millis + " ms");
    }

    @Test
    void nobodyThere_endsAtOnce() {
        request(false);
        assertFalse(drain.draining());
        assertBeginTakes(0);
    }

    @Test
    void requestInFlight_isWaitedFor() {
        drain.enter(false);
        at(3000, drain::leave);
        assertBeginTakes(3000);
        assertEquals(0, drain.inFlight());
    }

    /// A client with a request in flight may send another on the same connection.
    @Test
    void requestThatIsDone_isFollowedByASecondOfQuiet() {
        drain.enter(false);
        at(200, drain::leave);
        assertBeginTakes(1000);
    }

    @Test
    void latecomer_beginsTheSecondAnew() {
        drain.enter(false);
        at(200, drain::leave);
        at(900, () -> request(false));
        assertBeginTakes(1900);
    }

    @Test
    void latecomerInFlight_isWaitedFor() {
        drain.enter(false);
        at(200, drain::leave);
        at(900, () -> drain.enter(false));
        at(2500, drain::leave);
        assertBeginTakes(2500);
    }

    @Test
    void probe_putsNothingOff() {
        drain.enter(false);
        at(200, drain::leave);
        at(900, () -> request(true));
        assertBeginTakes(1000);
    }

    @Test
    void requestsWithoutAnEnd_areLeftBehindAfterFiveSeconds() {
        drain.enter(false);
        for (int millis = 100; millis < 10_000; millis += 100) {
            at(millis, () -> request(false));
        }
        assertBeginTakes(5000);
        assertEquals(1, drain.inFlight());
    }

    @Test
    void interrupt_endsTheWait() {
        var interrupted = new Drain(System::nanoTime, time -> {
            throw new InterruptedException();
        });
        interrupted.enter(false);
        interrupted.begin();
        assertTrue(Thread.interrupted());
    }
}
