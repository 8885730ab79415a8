package dev.martlet;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The service in a process of its own, as a shell or a kubelet sees it.
@Timeout(120)
class StartAndEndTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private String data() {
        return folder.resolve("data").toString();
    }

    @Test
    void sigterm_endsWithStatus0_andDocumentsAreThereAfterARestart() throws Exception {
        try (var first = ServiceProcess.start(Map.of("DATA_DIR", data()))) {
            String id = first.post("{\"kept\":1.10}").body().replaceAll(".*\"id\":\"|\".*", "");
            int status = first.stop();
            try (var second = ServiceProcess.start(Map.of("DATA_DIR", data()))) {
                String found = second.get("/data/" + id).body();
                assertAll(
                        () -> assertEquals(0, status),
                        () -> assertEquals(List.of(), first.stackTraces()),
                        () -> assertTrue(first.logText().endsWith("Ended"), first::logText),
                        () -> assertEquals("{\"_id\":\"" + id + "\",\"kept\":1.1}", found));
            }
        }
    }

    @Test
    void wrongSetting_stopsTheStartWithOneLine() throws Exception {
        assertEquals(
                new ServiceProcess.Ended(
                        1, "Martlet cannot start: PORT=http is not valid: give a whole number from 0 to 65535\n"),
                ServiceProcess.runToEnd(Map.of("DATA_DIR", data(), "PORT", "http")));
    }

    @Test
    void takenPort_stopsTheStartWithOneLine() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
            int port = taken.getLocalPort();
            var ended = ServiceProcess.runToEnd(Map.of("DATA_DIR", data(), "PORT", Integer.toString(port)));
            List<String> complaints = ended.output()
                    .lines()
                    .filter(line -> !line.matches("\\S+ INFO .*"))
                    .toList();

            assertEquals(1, ended.status());
            assertEquals(
                    List.of("Martlet cannot start: PORT=" + port + " is taken: set PORT to a free port"), complaints);
        }
    }

    @Test
    void dataDir_thatIsAFile_stopsTheStartWithOneLine() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        var ended = ServiceProcess.runToEnd(Map.of("DATA_DIR", file.toString()));

        assertEquals(1, ended.status());
        assertEquals(1, ended.output().lines().count(), ended::output);
        assertTrue(ended.output().startsWith("Martlet cannot start: "), ended::output);
    }

    @Test
    void managementPort_movesHealthAndMetricsToTheirOwnListener() throws Exception {
        int management;
        try (var free = new ServerSocket(0)) {
            management = free.getLocalPort();
        }
        try (var service = ServiceProcess.start(Map.of(
                        "DATA_DIR", data(), "MANAGEMENT_PORT", Integer.toString(management), "LOG_FORMAT", "json"));
                var managed = new Endpoint(management)) {
            managed.await("/health/ready", 200, PATIENCE);
            assertEquals(200, service.status("/"));
            // A request is counted when its answer has been sent, which may be a moment after the client has it.
            eventually(PATIENCE, () -> assertTrue(managed.meter("http_server_requests_seconds_bucket") > 0));
            assertAll(
                    () -> assertEquals(404, service.status("/health")),
                    () -> assertEquals(404, service.status("/metrics")),
                    () -> assertEquals(404, managed.status("/data")),
                    () -> assertTrue(
                            service.log().stream().allMatch(line -> line.startsWith("{\"time\":\"")),
                            service::logText));
        }
    }
}
