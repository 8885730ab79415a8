package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A wrong password shows in one line of the log, and nowhere else.
class CredentialsTest {

    @Test
    @Timeout(120)
    void wrongPassword_isOneLineOfTheLog() throws Exception {
        var refused = new AtomicInteger();
        try (var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> {
                    refused.incrementAndGet();
                    return ScriptedDatabase.failure(18, "AuthenticationFailed", "Authentication failed.");
                });
                var service = ServiceProcess.start(Map.of(
                        "MONGODB_URI",
                        database.uri(),
                        "MONGO_USERNAME",
                        "martlet",
                        "MONGO_PASSWORD",
                        "hunter2",
                        "REQUEST_TIMEOUT",
                        "PT3S"))) {
            eventually(
                    Duration.ofSeconds(30),
                    () -> assertTrue(refused.get() >= 4, "it asks again, because a Secret may be rotated"));
            var answer = service.post("{\"a\":1}");
            List<String> warnings = service.log().stream()
                    .filter(line -> line.contains("WARN") || line.contains("ERROR"))
                    .toList();
            assertAll(
                    () -> assertEquals(200, service.status("/health/live")),
                    () -> assertEquals(503, service.status("/health/ready")),
                    () -> assertEquals(503, answer.statusCode()),
                    () -> assertEquals(1, warnings.size(), service::logText),
                    () -> assertTrue(
                            warnings.getFirst()
                                    .endsWith("The database does not answer: it refuses the credentials; "
                                            + "check MONGO_USERNAME, MONGO_PASSWORD and the URI's authSource"),
                            warnings::getFirst),
                    () -> assertFalse((service.logText() + answer.body()).contains("hunter2")),
                    () -> assertEquals(List.of(), service.stackTraces()));
        }
    }
}
