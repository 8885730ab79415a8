package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.ledger.Ledger;
import dev.martlet.local.DatabaseProcess;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The database goes away, in every way that a network can, and comes back soon. Nobody notices. Afterwards everything
/// is as before, and nothing that was acknowledged is lost.
///
/// @see LongAbsenceTest
@Timeout(900)
class DatabaseAwayTest {

    private static final Duration PATIENCE = Duration.ofSeconds(6);
    private static final Duration GENEROUS = Duration.ofSeconds(20);

    private static final Pattern UNKNOWABLE = Pattern.compile("PUT of (a new id|the counter, new): 200, not 201"
            + "|DELETE of what is not there: 204, not 404|POST of a taken id: 201, not 409");

    enum Fault {
        REFUSE {
            @Override
            void inject(TcpProxy network) throws Exception {
                network.refuse();
            }
        },
        STALL {
            @Override
            void inject(TcpProxy network) {
                network.stall();
            }
        },
        CUT_REPLIES {
            @Override
            void inject(TcpProxy network) {
                network.cutRepliesAfter(20);
            }
        };

        abstract void inject(TcpProxy network) throws Exception;
    }

    @TempDir
    private static Path folder;

    private static DatabaseProcess database;
    private static TcpProxy network;
    private static ServiceProcess service;

    @BeforeAll
    static void start() throws Exception {
        database = DatabaseProcess.start(folder, Ports.free());
        network = new TcpProxy(URI.create(database.uri()).getPort());
        service = ServiceProcess.start(settings());
        service.await("/health/ready", 200, GENEROUS);
    }

    private static Map<String, String> settings() {
        return Map.of("MONGODB_URI", uri(), "REQUEST_TIMEOUT", PATIENCE.toString());
    }

    private static String uri() {
        return "mongodb://127.0.0.1:" + network.port() + "/?retryWrites=false&directConnection=true";
    }

    @AfterAll
    static void end() throws Exception {
        service.close();
        network.close();
        database.close();
    }

    @AfterEach
    void afterwards_allIsAsBefore() throws Exception {
        network.pass();
        service.await("/health/ready", 200, GENEROUS);
        assertEquals(201, service.post("{\"a\":1}").statusCode());
        eventually(GENEROUS, () -> assertEquals(1, service.meter("http_server_active_requests")));
        assertEquals(List.of(), service.stackTraces());
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void shortAbsence_isWaitedOut(Fault fault) throws Exception {
        try (var ledger =
                new Ledger(service.uri("/"), Duration.ofMillis(5)).watching().start(16)) {
            Thread.sleep(300);
            fault.inject(network);
            for (int i = 0; i < 15; i++) {
                Thread.sleep(100);
                assertEquals(200, service.status("/health/ready"));
            }
            network.pass();
            Thread.sleep(1000);
            var report = ledger.finish();
            Soak.report("database %s for 1.5 s: %s", fault, report);
            assertAll(
                    () -> assertEquals(Map.of(), report.failures(), service::logText),
                    () -> assertEquals(List.of(), wrong(report)),
                    () -> assertEquals(List.of(), report.lost()),
                    () -> assertEquals(List.of(), report.mistold()),
                    () -> assertTrue(
                            report.longestGap().compareTo(Duration.ofSeconds(1)) > 0, "the fault was none: " + report));
        }
    }

    /// Excuses what a request cannot know on a database without retryable writes: whether its own earlier try did
    /// what is there already. ElectionTest has a database with retryable writes, and excuses nothing.
    private static List<String> wrong(Ledger.Report report) {
        return report.wrong().stream()
                .filter(wrong -> !UNKNOWABLE.matcher(wrong).lookingAt())
                .toList();
    }

    @Test
    void slowNetwork_isOnlySlow() throws Exception {
        network.delay(Duration.ofMillis(50));
        try (var ledger = new Ledger(service.uri("/"), Duration.ofMillis(5)).start(16)) {
            Thread.sleep(2000);
            var report = ledger.finish();
            assertAll(
                    () -> assertEquals(Map.of(), report.failures(), service::logText),
                    () -> assertEquals(List.of(), wrong(report)),
                    () -> assertEquals(List.of(), report.lost()));
        }
    }

    @Test
    void comingAndGoing_isWaitedOut() throws Exception {
        int rounds = Soak.size(10, 200);
        int before = service.residentMiB();
        try (var ledger =
                new Ledger(service.uri("/"), Duration.ofMillis(5)).watching().start(16)) {
            for (int round = 0; round < rounds; round++) {
                // The driver looks for a lost server at most twice a second. This is long enough for it to find
                // one.
                Thread.sleep(ThreadLocalRandom.current().nextInt(600, 900));
                Fault.values()[round % Fault.values().length].inject(network);
                Thread.sleep(ThreadLocalRandom.current().nextInt(50, 300));
                network.pass();
                network.cut();
            }
            Thread.sleep(500);
            var report = ledger.finish();
            Soak.report(
                    "database away and back %d times: %s, resident memory %d then %d MiB",
                    rounds, report, before, service.residentMiB());
            assertAll(
                    () -> assertEquals(Map.of(), report.failures(), service::logText),
                    () -> assertEquals(List.of(), wrong(report)),
                    () -> assertEquals(List.of(), report.lost()),
                    () -> assertEquals(List.of(), report.mistold()),
                    () -> assertTrue(service.log().size() < 50 + 4 * rounds, "the log is full of it"));
        }
    }

    /// With the time-out of production, because the database's own start may take seconds on a busy machine.
    @Test
    void killedDatabase_failsNothing_andLosesNothing() throws Exception {
        try (var patient = ServiceProcess.start(Map.of("MONGODB_URI", uri()))) {
            patient.await("/health/ready", 200, GENEROUS);
            try (var ledger = new Ledger(patient.uri("/"), Duration.ofMillis(5))
                    .watching()
                    .start(16)) {
                for (int round = 0; round < Soak.size(1, 20); round++) {
                    Thread.sleep(700);
                    database.kill();
                    database = DatabaseProcess.start(
                            folder, URI.create(database.uri()).getPort());
                }
                Thread.sleep(1000);
                var report = ledger.finish();
                Soak.report("database killed %d times: %s", Soak.size(1, 20), report);
                assertAll(
                        () -> assertEquals(Map.of(), report.failures(), patient::logText),
                        () -> assertEquals(List.of(), wrong(report)),
                        () -> assertEquals(List.of(), report.lost()),
                        () -> assertEquals(List.of(), report.mistold()),
                        () -> assertTrue(
                                report.longestGap().compareTo(Duration.ofMillis(100)) > 0,
                                "the fault was none: " + report),
                        () -> assertEquals(List.of(), patient.stackTraces()));
            }
        }
    }

    @Test
    void absenceAtStart_isWaitedFor() throws Exception {
        network.refuse();
        try (var late = ServiceProcess.start(settings())) {
            assertAll(
                    () -> assertEquals(200, late.status("/health/live")),
                    () -> assertEquals(200, late.status("/health/started")),
                    () -> assertEquals(503, late.status("/health/ready")),
                    () -> assertEquals(200, late.status("/")));
            CompletableFuture<HttpResponse<String>> waiting = async(() -> late.post("{\"early\":true}"));
            Thread.sleep(500);
            network.pass();
            late.await("/health/ready", 200, GENEROUS);
            assertEquals(201, waiting.get().statusCode(), late::logText);
            assertEquals(List.of(), late.stackTraces());
            assertTrue(late.log().stream().filter(line -> line.contains("WARN")).count() <= 1, late::logText);
        }
    }

    private static <T> CompletableFuture<T> async(Callable<T> work) {
        var result = new CompletableFuture<T>();
        Thread.startVirtualThread(() -> {
            try {
                result.complete(work.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
