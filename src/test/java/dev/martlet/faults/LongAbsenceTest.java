package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.local.DatabaseProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The database stays away. Everybody gets an answer at once, and afterwards everything is as before.
///
/// The tests run side by side, each with a service and a network of its own, because they mostly wait.
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class LongAbsenceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(6);
    private static final Duration GENEROUS = Duration.ofSeconds(20);

    /// The driver's pool has at most 100. Its monitors, and files that a first request opens, come on top.
    private static final int MOST_POOLED = 120;

    @TempDir
    private static Path folder;

    private static DatabaseProcess database;

    private TcpProxy network;

    @BeforeAll
    static void start() throws Exception {
        database = DatabaseProcess.start(folder, 0);
    }

    @AfterAll
    static void end() {
        database.close();
    }

    @BeforeEach
    void connect() throws Exception {
        network = new TcpProxy(URI.create(database.uri()).getPort());
    }

    @AfterEach
    void disconnect() throws Exception {
        network.close();
    }

    private Map<String, String> settings() {
        return Map.of(
                "MONGODB_URI",
                "mongodb://127.0.0.1:" + network.port() + "/?retryWrites=false&directConnection=true",
                "REQUEST_TIMEOUT",
                PATIENCE.toString());
    }

    @ParameterizedTest
    @EnumSource(DatabaseAwayTest.Fault.class)
    void longAbsence_isToldAtOnce_andItsEndIsNoticed(DatabaseAwayTest.Fault fault) throws Exception {
        try (var service = ServiceProcess.start(settings())) {
            service.await("/health/ready", 200, GENEROUS);
            assertToldAndNoticed(fault, service);
            eventually(GENEROUS, () -> assertEquals(1, service.meter("http_server_active_requests")));
            assertEquals(List.of(), service.stackTraces());
        }
    }

    private void assertToldAndNoticed(DatabaseAwayTest.Fault fault, ServiceProcess service) throws Exception {
        int fresh = opened(service);
        fault.inject(network);
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            // During the absence they wait as long as they may, and no longer.
            List<Future<HttpResponse<String>>> waiting = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                waiting.add(clients.submit(() -> service.post("{\"waited\":true}")));
            }
            for (var waited : waiting) {
                assertUnavailable(waited.get());
            }
        }
        service.await("/health/ready", 503, GENEROUS);
        assertEquals(200, service.status("/health/live"));
        long started = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertUnavailable(service.post("{\"a\":1}"));
        }
        long each = (System.nanoTime() - started) / 100;

        network.pass();
        Duration noticed = service.await("/health/ready", 200, GENEROUS);
        assertEquals(201, service.post("{\"a\":1}").statusCode());
        Soak.report(
                "database %s for longer: 503 within %.1f ms, return noticed after %d ms",
                fault, each / 1e6, noticed.toMillis());
        assertTrue(each < Duration.ofMillis(300).toNanos(), "a refusal takes " + each / 1_000_000 + " ms");
        assertTrue(noticed.compareTo(Duration.ofSeconds(8)) < 0, "noticed after " + noticed);
        eventually(GENEROUS, () -> {
            int left = opened(service) - fresh;
            assertTrue(left <= MOST_POOLED, () -> "sockets are left: " + left);
        });
    }

    /// Files and sockets. Connections of clients do not count, because clients may keep them.
    private static int opened(ServiceProcess service) throws IOException {
        return service.descriptors() - service.connections();
    }

    private static void assertUnavailable(HttpResponse<String> answer) {
        assertAll(
                () -> assertEquals(503, answer.statusCode(), answer::body),
                () -> assertEquals(
                        "2", answer.headers().firstValue("Retry-After").orElse("")),
                () -> assertEquals(
                        "application/problem+json",
                        answer.headers().firstValue("Content-Type").orElse("")));
    }

    /// It is in the log once. It is in the health as long as it lasts, with the time when it began.
    @Test
    void absence_isToldWithItsBeginning() throws Exception {
        network.refuse();
        try (var late = ServiceProcess.start(settings())) {
            late.await("/health/ready", 503, GENEROUS);
            assertDatabase("DOWN", "never an answer since ", late);
            eventually(GENEROUS, () -> assertEquals(1, warnings(late).size(), late::logText));
            assertTrue(
                    warnings(late)
                            .getFirst()
                            .endsWith("The database does not answer: no primary can be reached; "
                                    + "check MONGODB_URI and the network"),
                    late::logText);

            network.pass();
            late.await("/health/ready", 200, GENEROUS);
            assertTrue(
                    late.get("/health")
                            .body()
                            .contains("{\"name\":\"database\",\"status\":\"UP\",\"data\":{\"means\":\"reachable\"}}"),
                    late.get("/health")::body);

            network.refuse();
            late.await("/health/ready", 503, GENEROUS);
            assertDatabase("DOWN", "no answer since ", late);
            assertEquals(2, warnings(late).size(), late::logText);
        }
    }

    /// The time of the beginning does not change, so it is more than a second ago after some tries.
    private static void assertDatabase(String status, String meaning, ServiceProcess service) throws Exception {
        eventually(GENEROUS, () -> assertTold(status, meaning, service));
    }

    private static void assertTold(String status, String meaning, ServiceProcess service) throws Exception {
        String health = service.get("/health").body();
        var told = Pattern.compile("\\{\"name\":\"database\",\"status\":\"" + status + "\",\"data\":\\{\"means\":\""
                        + meaning + "([^\"]*)\"}}")
                .matcher(health);
        assertTrue(told.find(), health);
        Duration ago = Duration.between(Instant.parse(told.group(1)), Instant.now());
        assertTrue(ago.compareTo(Duration.ofSeconds(1)) > 0 && ago.compareTo(GENEROUS) < 0, health);
    }

    private static List<String> warnings(ServiceProcess service) {
        return service.log().stream().filter(line -> line.contains("WARN")).toList();
    }
}
