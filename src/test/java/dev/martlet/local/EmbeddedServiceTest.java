package dev.martlet.local;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The service with its embedded database in a process of its own: what one client does must not end it for all.
class EmbeddedServiceTest {

    @TempDir
    Path folder;

    private ServiceProcess start() throws Exception {
        return ServiceProcess.start(
                Map.of("DATA_DIR", folder.toString()), "-Xmx250m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders");
    }

    private static void limitFileSize(ServiceProcess service, String limit) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("prlimit", "--pid=" + service.pid(), "--fsize=" + limit + ":unlimited")
                        .inheritIO()
                        .start()
                        .waitFor());
    }

    private static void upload(ServiceProcess service, String lines) throws Exception {
        HttpResponse<String> answer = service.send(HttpRequest.newBuilder(service.uri("/data"))
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(lines)));
        assertEquals(201, answer.statusCode(), answer::body);
    }

    private static String query(String name, String value) {
        return "/data?" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    @Test
    void fullDisk_isToldAndForgotten() throws Exception {
        try (var service = start()) {
            assertEquals(201, service.post("{\"_id\":\"a\"}").statusCode());
            limitFileSize(service, Long.toString(Files.size(folder.resolve("martlet.db")) + 100_000));
            String large = "{\"text\":\"" + "x".repeat(200_000) + "\"}";
            eventually(
                    Duration.ofSeconds(10),
                    () -> assertEquals(507, service.post(large).statusCode()));
            HttpResponse<String> refused = service.post("{}");
            assertEquals(507, refused.statusCode());
            assertTrue(refused.body().contains("is full: make room, and writing goes on by itself"), refused::body);
            assertEquals("{\"_id\":\"a\"}", service.get("/data/a").body());
            assertEquals(200, service.status("/health/live"));
            HttpResponse<String> ready = service.get("/health/ready");
            assertEquals(503, ready.statusCode());
            assertTrue(ready.body().contains("is full: make room"), ready::body);
            limitFileSize(service, "unlimited");
            service.await("/health/ready", 200, Duration.ofSeconds(5));
            assertEquals(201, service.post(large).statusCode());
            assertEquals(List.of(), service.stackTraces());
            assertEquals(
                    1,
                    service.log().stream()
                            .filter(line -> line.contains("Nothing can be written"))
                            .count());
        }
    }

    @Test
    void hardPatterns_leaveTheServiceAlive() throws Exception {
        try (var service = start()) {
            upload(
                    service,
                    IntStream.range(0, 2000)
                            .mapToObj(i -> "{\"s\":\"" + "a".repeat(5000) + "!\"}")
                            .collect(Collectors.joining("\n")));
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<HttpResponse<String>>> searches = IntStream.range(0, 4)
                        .mapToObj(i -> executor.submit(
                                () -> service.get(query("filter", "{\"s\":{\"$regex\":\"(a*a*)*b\"}}"))))
                        .toList();
                long slowest = 0;
                for (int i = 0; i < 20; i++) {
                    long started = System.nanoTime();
                    assertEquals(200, service.status("/health/live"));
                    slowest = Math.max(slowest, System.nanoTime() - started);
                }
                assertTrue(slowest < 5e9, "liveness took " + slowest / 1e9 + " s");
                for (Future<HttpResponse<String>> search : searches) {
                    int status = search.get().statusCode();
                    assertTrue(status == 200 || status == 503, "status " + status);
                }
            }
        }
    }
}
