package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The service as its own process: what a shell, or a kubelet, sees of it.
@Timeout(120)
class StartAndEndTest {

    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> started = new ArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void endProcesses() {
        started.forEach(Process::destroyForcibly);
    }

    private Path log() {
        return folder.resolve("log");
    }

    private Process start(Map<String, String> environment) throws IOException {
        var builder = new ProcessBuilder(JAVA, "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "dev.martlet.Main")
                .redirectErrorStream(true).redirectOutput(log().toFile());
        builder.environment().clear();
        builder.environment().put("DATA_DIR", folder.resolve("data").toString());
        builder.environment().put("PORT", "0");
        builder.environment().putAll(environment);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private URI awaitListening(Process process) throws Exception {
        for (int i = 0; i < 600; i++) {
            for (String line : Files.readAllLines(log())) {
                int at = line.indexOf("Martlet listens on ");
                if (at >= 0) {
                    return URI.create(line.substring(line.indexOf("http", at)).replaceFirst("\".*", ""));
                }
            }
            assertTrue(process.isAlive(), () -> "ended: " + read(log()));
            Thread.sleep(100);
        }
        throw new AssertionError("not listening: " + read(log()));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private HttpResponse<String> get(URI uri) throws Exception {
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private String post(URI base, String json) throws Exception {
        return http.send(HttpRequest.newBuilder(base.resolve("/data")).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)).build(), BodyHandlers.ofString()).body();
    }

    private static int exitStatus(Process process) throws InterruptedException {
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "did not end");
        return process.exitValue();
    }

    @Test
    void sigterm_endsWithStatus0_andDocumentsAreThereAfterARestart() throws Exception {
        Process first = start(Map.of());
        URI uri = awaitListening(first);
        String id = post(uri, "{\"kept\":1.10}").replaceAll(".*\"id\":\"|\".*", "");
        first.destroy();
        int status = exitStatus(first);
        String log = read(log());

        Process second = start(Map.of());
        String found = get(awaitListening(second).resolve("/data/" + id)).body();

        assertAll(
                () -> assertEquals(0, status),
                () -> assertFalse(log.contains("\tat "), log),
                () -> assertTrue(log.strip().endsWith("Ended"), log),
                () -> assertEquals("{\"_id\":\"" + id + "\",\"kept\":1.1}", found));
    }

    @Test
    void wrongSetting_stopsTheStartWithOneLine() throws Exception {
        assertCannotStart("Martlet cannot start: PORT=http is not a whole number from 0 to 65535\n", Map.of("PORT", "http"));
    }

    @Test
    void takenPort_stopsTheStartWithOneLine() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
            int port = taken.getLocalPort();
            Process process = start(Map.of("PORT", Integer.toString(port)));
            int status = exitStatus(process);
            List<String> complaints = Files.readAllLines(log()).stream().filter(line -> !line.matches("\\S+ INFO .*")).toList();

            assertEquals(1, status);
            assertEquals(List.of("Martlet cannot start: PORT=" + port + " is taken: set PORT to a free port"), complaints);
        }
    }

    @Test
    void dataDir_thatIsAFile_stopsTheStartWithOneLine() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        Process process = start(Map.of("DATA_DIR", file.toString()));

        assertEquals(1, exitStatus(process));
        assertEquals(1, Files.readAllLines(log()).size(), read(log()));
        assertTrue(read(log()).startsWith("Martlet cannot start: "), read(log()));
    }

    private void assertCannotStart(String output, Map<String, String> environment) throws Exception {
        Process process = start(environment);

        assertEquals(1, exitStatus(process));
        assertEquals(output, read(log()));
    }

    @Test
    void managementPort_movesHealthAndMetricsToTheirOwnListener() throws Exception {
        int management;
        try (var free = new ServerSocket(0)) {
            management = free.getLocalPort();
        }
        Process process = start(Map.of("MANAGEMENT_PORT", Integer.toString(management), "LOG_FORMAT", "json"));
        URI uri = awaitListening(process);
        URI managed = URI.create("http://localhost:" + management);

        int ready = 503;
        for (int i = 0; i < 100 && ready != 200; i++, Thread.sleep(50)) {
            ready = get(managed.resolve("/health/ready")).statusCode();
        }
        int readyAtLast = ready;
        int welcome = get(uri).statusCode();
        // A request is counted once its answer has been sent, so perhaps a moment after it has come.
        String metrics = "";
        for (int i = 0; i < 100 && !metrics.contains("http_server_requests_seconds_bucket"); i++, Thread.sleep(50)) {
            metrics = get(managed.resolve("/metrics")).body();
        }
        String metricsAtLast = metrics;
        assertAll(
                () -> assertEquals(200, readyAtLast),
                () -> assertEquals(200, welcome),
                () -> assertTrue(metricsAtLast.contains("http_server_requests_seconds_bucket"), metricsAtLast),
                () -> assertEquals(404, get(uri.resolve("/health")).statusCode()),
                () -> assertEquals(404, get(uri.resolve("/metrics")).statusCode()),
                () -> assertEquals(404, get(managed.resolve("/data")).statusCode()),
                () -> assertTrue(Files.readAllLines(log()).stream().allMatch(line -> line.startsWith("{\"time\":\"")), read(log())));
    }
}
