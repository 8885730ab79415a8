package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BreakerTest {

    private final TestTime time = new TestTime();
    private boolean answers;
    private final Breaker breaker = new Breaker(
            () -> {
                if (!answers) {
                    throw new MongoTimeoutException("away");
                }
            },
            Duration.ofSeconds(15),
            time);

    @Test
    void databaseThatNeverAnswered_isNotWaitedForLong() {
        breaker.ping();
        time.pass(Duration.ofSeconds(3));
        assertFalse(breaker.open());
        time.pass(Duration.ofMillis(1));

        assertTrue(breaker.open());
        assertFalse(breaker.ready());
        assertFalse(breaker.reached());
        assertEquals(Duration.ofMillis(3001), breaker.missing());
    }

    @Test
    void databaseThatHasAnswered_isWaitedForAsLongAsARequestMay() {
        answers = true;
        breaker.ping();
        assertTrue(breaker.ready());
        assertEquals(Duration.ZERO, breaker.missing());

        answers = false;
        time.pass(Duration.ofSeconds(60));
        breaker.ping();
        time.pass(Duration.ofSeconds(15));
        assertFalse(breaker.open());
        time.pass(Duration.ofMillis(1));
        assertTrue(breaker.open());
    }

    @Test
    void answer_closesIt() {
        time.pass(Duration.ofSeconds(60));
        assertTrue(breaker.open());

        answers = true;
        breaker.ping();

        assertFalse(breaker.open());
        assertTrue(breaker.ready());
    }

    @Test
    void operationThatSucceeds_closesItToo() {
        time.pass(Duration.ofSeconds(60));

        breaker.heard();

        assertFalse(breaker.open());
        assertTrue(breaker.ready());
    }
}
