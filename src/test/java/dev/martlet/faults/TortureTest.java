package dev.martlet.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.martlet.Pod;
import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.local.DatabaseProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// All greedy and slow clients at once, within a pod's limits. Well-behaved clients beside them do not notice.
@Timeout(600)
class TortureTest {

    private static final int WELL_BEHAVED = 16;
    private static final Duration CALM = Duration.ofSeconds(Soak.size(3, 60));
    private static final Duration TORTURE = Duration.ofSeconds(Soak.size(6, 300));
    private static final int MOST_TIMES_AS_LONG = 3;
    /// The bound in a short test, where the ratio says little. A request that waits for the time-out of a greedy
    /// client takes longer.
    private static final Duration GENEROUS = Duration.ofSeconds(15);
    /// More of them would only fill the report.
    private static final int MOST_FAILURES = 1_000;
    private static final String HOST = "Host: test\r\n";
    private static final String POST = "POST /data HTTP/1.1\r\n" + HOST;
    private static final String JSON = "Content-Type: application/json\r\n";

    @TempDir
    private Path folder;

    private final AtomicBoolean over = new AtomicBoolean();
    private int port;

    /// One attempt of a client that asks for too much. The service may end it in any way.
    @FunctionalInterface
    private interface Attack {
        void on(RawHttp connection) throws Exception;
    }

    private void attack(ExecutorService threads, int clients, Attack attack) {
        for (int i = 0; i < clients; i++) {
            threads.execute(() -> attack(attack));
        }
    }

    private void attack(Attack attack) {
        while (!over.get()) {
            try (var connection = RawHttp.connect(port, 16_384)) {
                attack.on(connection);
            } catch (InterruptedException e) {
                return;
            } catch (Exception e) {
                // It was cut off, refused or timed out. All of these are right.
                LockSupport.parkNanos(100_000_000);
            }
        }
    }

    private void pause(long millis) throws InterruptedException {
        for (long slept = 0; slept < millis && !over.get(); slept += 100) {
            Thread.sleep(100);
        }
    }

    private void torture(ExecutorService threads) {
        byte[] kilobytes = new byte[17_000];
        byte[] megabytes = new byte[8 << 20];
        byte[] line = ("{\"_id\":\"" + "i".repeat(1_000_000) + "\"}\n").getBytes(StandardCharsets.US_ASCII);
        String patch = "{\"n\":1}";
        attack(threads, 5, client -> {
            client.send(POST + JSON + "Content-Length: 16777216\r\n\r\n");
            client.send(kilobytes);
            pause(20_000);
        });
        attack(threads, 2, client -> {
            client.send(POST + JSON + "Transfer-Encoding: chunked\r\n\r\n1000000\r\n");
            client.send(megabytes);
            pause(5_000);
        });
        attack(threads, 1, client -> {
            client.send(POST + "Content-Type: application/x-ndjson\r\nContent-Length: 400000000\r\n\r\n");
            for (int i = 0; i < 400 && !over.get(); i++) {
                client.send(line);
                pause(100);
            }
        });
        attack(threads, 20, client -> {
            // 10 MB, so that it is not the database that is tortured.
            client.send(
                    "GET /data?sort=n&filter=%7B%22_id%22%3A%7B%22%24gte%22%3A%22large70%22%2C%22%24lt%22%3A%22large80%22%7D%7D HTTP/1.1\r\n"
                            + HOST + "Connection: close\r\n\r\n");
            client.discardAll();
            pause(1_000);
        });
        attack(threads, 20, client -> {
            client.send("GET /data/huge" + ThreadLocalRandom.current().nextInt(4) + " HTTP/1.1\r\n" + HOST
                    + "Connection: close\r\n\r\n");
            client.discardAll();
            pause(1_000);
        });
        attack(threads, 40, client -> {
            client.send("PATCH /data/large" + ThreadLocalRandom.current().nextInt(10, 50) + " HTTP/1.1\r\n" + HOST
                    + "Content-Type: application/merge-patch+json\r\nContent-Length: " + patch.length()
                    + "\r\nConnection: close\r\n\r\n" + patch);
            client.discardAll();
            pause(1_000);
        });
        attack(threads, 40, client -> {
            client.send("GET /data HTTP/1.1\r\n" + HOST + "\r\n");
            for (int i = 0; i < 600 && !over.get(); i++) {
                // 20 KB/s.
                client.receive(2_000);
                Thread.sleep(100);
            }
        });
        attack(threads, 2, client -> {
            client.send(POST + JSON + "Content-Length: 5020\r\nConnection: close\r\n\r\n{\"_id\":\"" + "i".repeat(5_010)
                    + "\"}");
            client.discardAll();
            pause(200);
        });
        attack(threads, 2, client -> {
            client.send(POST + JSON + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n");
            client.discardAll();
            pause(200);
        });
    }

    /// What a client that behaves well has seen.
    private static final class Seen {
        final ConcurrentLinkedQueue<Double> millis = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

        double percentile(int percent) {
            List<Double> sorted = millis.stream().sorted().toList();
            return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
        }
    }

    private Seen behaveWell(Duration time) throws Exception {
        var seen = new Seen();
        long end = System.nanoTime() + time.toNanos();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < WELL_BEHAVED; i++) {
                String id = "/data/well-" + i;
                all.add(threads.submit(() -> {
                    behaveWell(id, end, seen);
                    return null;
                }));
            }
            for (var one : all) {
                one.get();
            }
        }
        return seen;
    }

    private void behaveWell(String id, long end, Seen seen) throws Exception {
        var connection = Optional.<KeptConnection>empty();
        for (int i = 0; System.nanoTime() < end && seen.failures.size() < MOST_FAILURES; i++) {
            String body = "{\"n\":" + i + ",\"text\":\"" + "x".repeat(i % 20 == 0 ? 5_000 : 100) + "\"}";
            String request =
                    switch (i % 5) {
                        case 0 -> KeptConnection.request("PUT", id, "application/json", body);
                        case 1, 2 -> KeptConnection.request("GET", id, "", "");
                        case 3 ->
                            KeptConnection.request("PATCH", id, "application/merge-patch+json", "{\"p\":" + i + "}");
                        default ->
                            i % 2 == 0
                                    ? KeptConnection.request("GET", "/data?limit=5&after=well-", "", "")
                                    : KeptConnection.request("POST", "/data", "application/json", body);
                    };
            long started = System.nanoTime();
            try {
                if (connection.isEmpty()) {
                    connection = Optional.of(KeptConnection.to(port));
                }
                int status = connection.get().send(request);
                seen.millis.add((System.nanoTime() - started) / 1e6);
                if (status >= 300) {
                    seen.failures.add(
                            status + " to " + request.lines().findFirst().orElse(""));
                }
                if (!connection.get().kept()) {
                    connection.get().close();
                    connection = Optional.empty();
                }
            } catch (IOException e) {
                seen.failures.add(e + " at " + request.lines().findFirst().orElse(""));
                connection = Optional.empty();
            }
        }
        if (connection.isPresent()) {
            connection.get().close();
        }
    }

    @Test
    void wellBehavedClients_doNotNoticeTheOthers() throws Exception {
        Optional<Pod> pod = Pod.create();
        try (var database = DatabaseProcess.start(folder, 0, "-Xmx2g");
                MongoClient driver = MongoClients.create(database.uri());
                var service = pod.isPresent()
                        ? ServiceProcess.start(pod.get(), Map.of("MONGODB_URI", database.uri()))
                        : ServiceProcess.start(Map.of("MONGODB_URI", database.uri()), GreedyClientTest.POD)) {
            service.await("/health/ready", 200, Duration.ofSeconds(60));
            port = service.port();
            var documents = driver.getDatabase("martlet").getCollection("data");
            for (int i = 0; i < 80; i++) {
                documents.insertOne(new Document("_id", "large%02d".formatted(i))
                        .append("n", i)
                        .append("text", "x".repeat(1_000_000)));
            }
            for (int i = 0; i < 4; i++) {
                documents.insertOne(new Document("_id", "huge" + i).append("text", "x".repeat(15_000_000)));
            }
            behaveWell(CALM.dividedBy(2));
            Seen calm = behaveWell(CALM);
            Seen tortured;
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                torture(threads);
                Thread.sleep(1_000);
                tortured = behaveWell(TORTURE);
                over.set(true);
                threads.shutdownNow();
            }
            Soak.report(
                    "torture for %d s beside %d well-behaved clients%s: %d of their requests, %d failed; p50 %.1f and p99 %.1f ms, calm %.1f and %.1f ms; resident %d MiB",
                    TORTURE.toSeconds(),
                    WELL_BEHAVED,
                    pod.isPresent() ? " in a pod" : "",
                    tortured.millis.size(),
                    tortured.failures.size(),
                    tortured.percentile(50),
                    tortured.percentile(99),
                    calm.percentile(50),
                    calm.percentile(99),
                    service.residentMiB());
            assertAll(
                    () -> assertTrue(service.alive(), service::logText),
                    () -> assertEquals(List.of(), List.copyOf(calm.failures)),
                    () -> assertEquals(
                            List.of(), tortured.failures.stream().limit(10).toList()),
                    () -> assertEquals(List.of(), service.stackTraces()),
                    () -> assertTrue(
                            tortured.percentile(99)
                                    < Math.max(
                                            MOST_TIMES_AS_LONG * calm.percentile(99),
                                            Soak.size((int) GENEROUS.toMillis(), 0)),
                            "they waited"));
        } finally {
            pod.ifPresent(Pod::close);
        }
    }
}
