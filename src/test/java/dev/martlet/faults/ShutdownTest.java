package dev.martlet.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// SIGTERM: requests in flight are finished. Later requests are answered, and their clients asked to leave. Then it
/// ends. The tests run side by side, because they mostly wait.
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
class ShutdownTest {

    private static final String UPLOAD = """
            POST /data HTTP/1.1\r
            Host: test\r
            Content-Type: application/x-ndjson\r
            Transfer-Encoding: chunked\r
            \r
            """;
    private static final String LINE = "8\r\n{\"n\":1}\n\r\n";

    @TempDir
    private Path folder;

    private ServiceProcess start(String grace) throws Exception {
        var service = ServiceProcess.start(Map.of("DATA_DIR", folder.toString(), "SHUTDOWN_GRACE", grace));
        service.await("/health/ready", 200, Duration.ofSeconds(30));
        assertEquals(201, service.post("{\"a\":1}").statusCode());
        return service;
    }

    @Test
    void requestInFlight_isFinished_andLatecomersAreAnswered() throws Exception {
        try (var service = start("PT20S");
                var upload = RawHttp.connect(service.port());
                var idle = RawHttp.connect(service.port())) {
            idle.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
            idle.receiveSome();
            upload.send(UPLOAD + LINE);
            Thread.sleep(300);
            service.terminate();
            service.await("/health/ready", 503, Duration.ofSeconds(5));
            assertEquals(200, service.status("/health/live"));
            idle.send("GET /data/nobody HTTP/1.1\r\nHost: test\r\n\r\n");
            String late = idle.receiveAll();
            for (int i = 0; i < 4; i++) {
                Thread.sleep(500);
                upload.send(LINE);
            }
            upload.send("0\r\n\r\n");
            String answer = upload.receiveAll();
            int status = service.exitStatus();
            assertAll(
                    () -> assertEquals(404, RawHttp.status(late), late),
                    () -> assertTrue(late.contains("\r\nConnection: close\r\n"), late),
                    () -> assertEquals(201, RawHttp.status(answer), answer),
                    () -> assertTrue(answer.endsWith("\"inserted\":5,\"refused\":0,\"errors\":[]}"), answer),
                    () -> assertEquals(0, status),
                    () -> assertEquals(List.of(), service.stackTraces()));
        }
    }

    @Test
    void requestThatNeverEnds_isCutOffAfterTheGrace() throws Exception {
        try (var service = start("PT1S");
                var upload = RawHttp.connect(service.port())) {
            upload.send(UPLOAD + LINE);
            Thread.sleep(300);
            long started = System.nanoTime();
            service.terminate();
            int status = service.exitStatus();
            Duration took = Duration.ofNanos(System.nanoTime() - started);
            assertAll(
                    () -> assertEquals(0, status),
                    () -> assertTrue(took.compareTo(Duration.ofSeconds(14)) < 0, () -> "took " + took),
                    () -> assertEquals(List.of(), service.stackTraces()));
        }
    }

    @Test
    void idleConnections_endWithIt() throws Exception {
        try (var service = start("PT20S");
                var idle = RawHttp.connect(service.port())) {
            idle.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
            idle.receiveSome();
            long started = System.nanoTime();
            assertEquals(0, service.stop());
            Duration took = Duration.ofNanos(System.nanoTime() - started);
            assertTrue(took.compareTo(Duration.ofSeconds(10)) < 0, () -> "took " + took);
        }
    }
}
