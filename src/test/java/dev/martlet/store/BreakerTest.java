package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoTimeoutException;
import dev.martlet.LogLines;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BreakerTest {

    private final TestTime time = new TestTime();
    private boolean answers;
    private String why = "away";
    private final Breaker breaker = new Breaker(
            () -> {
                if (!answers) {
                    throw new MongoTimeoutException(why);
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

    /// On a busy machine one may come too late.
    @Test
    void pingThatIsMissedOnce_isNotToldOf() {
        try (var log = LogLines.of(Breaker.class)) {
            answers = true;
            breaker.ping();
            answers = false;
            breaker.ping();
            answers = true;
            breaker.ping();
            assertEquals(List.of("INFO The database answers"), log.lines());
        }
    }

    @Test
    void absence_isToldOnce_andSoIsItsEnd() {
        try (var log = LogLines.of(Breaker.class)) {
            for (int i = 0; i < 5; i++) {
                breaker.ping();
            }
            answers = true;
            breaker.ping();
            breaker.ping();
            assertEquals(
                    List.of(
                            "WARNING The database does not answer: no primary can be reached; check MONGODB_URI and the network",
                            "INFO The database answers"),
                    log.lines());
        }
    }

    @Test
    void cause_isToldWhenItIsKnown() {
        try (var log = LogLines.of(Breaker.class)) {
            why = "servers=[{address=db:27017, type=UNKNOWN, state=CONNECTING}]";
            breaker.ping();
            breaker.ping();
            breaker.ping();
            assertEquals(List.of(), log.lines());

            why = "servers=[{address=db:27017, type=UNKNOWN, state=CONNECTING, exception={"
                    + "com.mongodb.MongoSocketOpenException: …}, caused by {javax.net.ssl.SSLHandshakeException: …}]";
            breaker.ping();
            breaker.ping();
            assertEquals(
                    List.of("WARNING The database does not answer: TLS fails between it and this service; check that "
                            + "MONGO_TLS_CA_FILE holds the CA of its certificate, that the certificate names its host, "
                            + "and that it speaks TLS at all"),
                    log.lines());
        }
    }
}
