package dev.martlet.local;

import static dev.martlet.Eventually.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The service with its embedded database in a process of its own: what one client does must not end it for all.
class EmbeddedServiceTest {

    private static final int SORTED = Integer.getInteger("martlet.sorted", 50_000);

    /// 350 MB, and 530 MB in a soak.
    private static final int VERSIONS = Soak.size(80, 120);

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

    /// Sixteen documents of 1 MiB that take 4.4 MB each once they are BSON.
    @Test
    void manySmallObjectsInOne_doNotEndTheProcess() throws Exception {
        String bomb = "{\"x\":[" + "{},".repeat(340_000) + "{}]}";
        try (var service = start()) {
            List<Integer> statuses = statuses(16, () -> service.post(bomb));
            assertTrue(Set.of(201, 503).containsAll(statuses), () -> statuses + "\n" + service.logText());
            assertTrue(statuses.contains(201), statuses::toString);
            assertTrue(service.alive());
            assertEquals(200, service.status("/health/ready"));
            assertFalse(service.logText().contains("OutOfMemoryError"), service::logText);
        }
    }

    /// Each version of the store keeps the root of each collection. If there is only one document, the root holds
    /// it. The versions take 4.4 MB each, and all of them would not fit into the heap.
    @Test
    void largeDocumentReplacedOften_doesNotFillTheMemory() throws Exception {
        String objects = "{},".repeat(340_000);
        try (var service = start()) {
            for (int i = 0; i < VERSIONS; i++) {
                String body = "{\"i\":" + i + ",\"x\":[" + objects + "{}]}";
                HttpResponse<String> answer = service.send(HttpRequest.newBuilder(service.uri("/data/a"))
                        .header("Content-Type", "application/json")
                        .PUT(BodyPublishers.ofString(body)));
                int round = i;
                assertTrue(
                        answer.statusCode() < 300,
                        () -> round + ": " + answer.statusCode() + answer.body() + service.logText());
            }
        }
    }

    @Test
    void sortsAtTheSameTime_areAllAnswered() throws Exception {
        try (var service = start()) {
            upload(
                    service,
                    IntStream.range(0, SORTED)
                            .mapToObj(i -> "{\"x\":" + i * 7919L % SORTED + "}")
                            .collect(Collectors.joining("\n")));
            HttpResponse<String> one = service.get("/data?sort=x&fields=x");
            assertEquals(200, one.statusCode(), one::body);
            long started = System.nanoTime();
            assertEquals(
                    List.of(200, 200, 200, 200, 200, 200), statuses(6, () -> service.get("/data?sort=x&fields=x")));
            double seconds = (System.nanoTime() - started) / 1e9;
            System.out.printf("six sorts of %d documents: %.1f s%n", SORTED, seconds);
            assertTrue(seconds < 30, seconds + " s");
        }
    }

    private static List<Integer> statuses(int clients, Callable<HttpResponse<String>> request) throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Integer> statuses = new ArrayList<>();
            for (Future<HttpResponse<String>> answer : executor.invokeAll(Collections.nCopies(clients, request))) {
                statuses.add(answer.get().statusCode());
            }
            return statuses;
        }
    }

    @Test
    void sortBeyondItsMemory_isRefusedWithTheCure() throws Exception {
        try (var service = ServiceProcess.start(Map.of("DATA_DIR", folder.toString()), "-Xmx96m", "-XX:+UseSerialGC")) {
            String text = "x".repeat(1000);
            for (int part = 0; part < 10; part++) {
                upload(
                        service,
                        IntStream.range(0, 1000)
                                .mapToObj(i -> "{\"x\":\"" + i + text + "\"}")
                                .collect(Collectors.joining("\n")));
            }
            HttpResponse<String> refused = service.get("/data?sort=x");
            assertEquals(422, refused.statusCode(), refused::body);
            assertEquals("""
                    {"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"The database refuses \
                    the query (code 292): its sort takes too much memory: narrow it with a filter, or cut it off with \
                    a limit."}""", refused.body());
            assertEquals(200, service.status("/data?sort=x&limit=3"));
        }
    }

    @Test
    void damagedDocument_isToldWithTheCure() throws Exception {
        try (var service = start()) {
            for (String id : List.of("whole", "damaged")) {
                assertEquals(
                        201,
                        service.post("{\"_id\":\"" + id + "\",\"text\":\"content of " + id + "\"}")
                                .statusCode());
            }
        }
        byte[] file = Files.readAllBytes(folder.resolve("martlet.db"));
        byte[] content = "content of damaged".getBytes(US_ASCII);
        for (int at = 0; at <= file.length - content.length; at++) {
            if (Arrays.equals(file, at, at + content.length, content, 0, content.length)) {
                file[at] ^= 1;
            }
        }
        Files.write(folder.resolve("martlet.db"), file);
        try (var service = start()) {
            String problem = """
                    {"type":"about:blank","title":"Service Unavailable","status":503,"detail":"A document in the \
                    database is damaged, and the log of the database names it: replace it with PUT, or delete it, or \
                    restore a copy of the database."}""";
            for (String path : List.of("/data/damaged", "/data?limit=10", "/data/damaged")) {
                HttpResponse<String> refused = service.get(path);
                assertEquals(503, refused.statusCode());
                assertEquals(problem, refused.body());
            }
            assertEquals(
                    "{\"_id\":\"whole\",\"text\":\"content of whole\"}",
                    service.get("/data/whole").body());
            assertEquals(
                    1,
                    service.log().stream()
                            .filter(line -> line.contains("document {\"_id\": \"damaged\"} of martlet.data in")
                                    && line.contains("is damaged: replace or delete it, or restore a copy of the file"))
                            .count(),
                    service::logText);
            HttpResponse<String> mended = service.send(HttpRequest.newBuilder(service.uri("/data/damaged"))
                    .header("Content-Type", "application/json")
                    .PUT(BodyPublishers.ofString("{\"text\":\"new\"}")));
            assertEquals(200, mended.statusCode(), mended::body);
            assertEquals(200, service.status("/data?limit=10"));
            assertEquals(List.of(), service.stackTraces());
        }
    }

    /// This process knows nothing about the disk of another database.
    @Test
    void health_speaksOfStorageOnlyWhenItIsItsOwn() throws Exception {
        try (var service = start()) {
            assertTrue(service.get("/health/ready").body().contains("takes writes"));
        }
        try (var database = DatabaseProcess.start(folder.resolve("other"), 0);
                var service = ServiceProcess.start(Map.of("MONGODB_URI", database.uri()))) {
            service.await("/health/ready", 200, Duration.ofSeconds(20));
            assertFalse(service.get("/health/ready").body().contains("storage"));
        }
    }
}
