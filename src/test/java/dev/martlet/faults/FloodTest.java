package dev.martlet.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.local.DatabaseProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// More clients than may be answered at once. The accepted ones take about as long as ever. The others are refused
/// at once.
@Timeout(120)
class FloodTest {

    private static final int LIMIT = 32;
    /// Fewer than the 256 connections that may be open with this [#LIMIT]. A 257th would wait until another one
    /// closes.
    private static final int CLIENTS = 240;
    /// The delay in each direction. It is most of a request's time, even on a busy machine.
    private static final Duration DATABASE = Duration.ofMillis(Soak.size(100, 20));
    /// How many times longer an accepted request may take than without the flood. A request that waited for a place
    /// would wait for [#CLIENTS] / [#LIMIT] others.
    private static final double AS_EVER = 2;
    /// A busy machine holds up a few, but not by seconds.
    private static final Duration GENEROUS = Duration.ofSeconds(2);
    private static final Duration TIME = Duration.ofSeconds(Soak.size(3, 30));
    private static final String POST =
            "POST /data HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}";

    @TempDir
    private Path folder;

    /// How long the answers of each status took, in milliseconds.
    private static Map<Integer, List<Double>> load(int port, int clients, Duration time) throws Exception {
        var times = new ConcurrentHashMap<Integer, ConcurrentLinkedQueue<Double>>();
        long end = System.nanoTime() + time.toNanos();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                all.add(threads.submit(() -> {
                    post(port, end, times);
                    return null;
                }));
            }
            for (var one : all) {
                one.get();
            }
        }
        var sorted = new TreeMap<Integer, List<Double>>();
        times.forEach(
                (status, values) -> sorted.put(status, values.stream().sorted().toList()));
        return sorted;
    }

    private static void post(int port, long end, Map<Integer, ConcurrentLinkedQueue<Double>> times)
            throws IOException, InterruptedException {
        try (var client = RawHttp.connect(port)) {
            while (System.nanoTime() < end) {
                long sent = System.nanoTime();
                client.send(POST);
                int status = RawHttp.status(client.receiveSome());
                times.computeIfAbsent(status, key -> new ConcurrentLinkedQueue<>())
                        .add((System.nanoTime() - sent) / 1e6);
                if (status == 503) {
                    // Clients and service share the processor here. It must not be the bottleneck.
                    Thread.sleep(100);
                }
            }
        }
    }

    private static double percentile(List<Double> sorted, int percent) {
        return sorted.get(sorted.size() * percent / 100);
    }

    @Test
    void flood_leavesTheAcceptedTheirLatency_andRefusesTheRestAtOnce() throws Exception {
        try (var database = DatabaseProcess.start(folder, 0);
                var network = new TcpProxy(URI.create(database.uri()).getPort());
                var service = ServiceProcess.start(Map.of(
                        "MAX_CONCURRENT_REQUESTS",
                        Integer.toString(LIMIT),
                        "MONGODB_URI",
                        "mongodb://127.0.0.1:" + network.port() + "/?directConnection=true"))) {
            service.await("/health/ready", 200, Duration.ofSeconds(30));
            network.delay(DATABASE);
            load(service.port(), CLIENTS, Duration.ofSeconds(2));
            var calmly = load(service.port(), LIMIT / 2, TIME);
            assertEquals(Set.of(201), calmly.keySet());
            List<Double> calm = calmly.getOrDefault(201, List.of());

            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var flood = threads.submit(() -> load(service.port(), CLIENTS, TIME));
                while (!flood.isDone()) {
                    assertEquals(200, service.status("/health/live"));
                    assertEquals(200, service.status("/metrics"));
                    Thread.sleep(200);
                }
                List<Double> accepted = flood.get().getOrDefault(201, List.of());
                List<Double> refused = flood.get().getOrDefault(503, List.of());
                Soak.report(
                        "flood of %d clients where %d may be answered: %d accepted, p50 %.1f and p99 %.1f ms (without the flood %.1f and %.1f), "
                                + "%d refused, p50 %.1f and p99 %.1f ms",
                        CLIENTS,
                        LIMIT,
                        accepted.size(),
                        percentile(accepted, 50),
                        percentile(accepted, 99),
                        percentile(calm, 50),
                        percentile(calm, 99),
                        refused.size(),
                        percentile(refused, 50),
                        percentile(refused, 99));
                assertAll(
                        () -> assertEquals(Set.of(201, 503), flood.get().keySet(), service::logText),
                        () -> assertTrue(
                                percentile(accepted, 50) < AS_EVER * percentile(calm, 50), "the accepted waited"),
                        () -> assertTrue(percentile(accepted, 99) < GENEROUS.toMillis(), "some accepted waited"),
                        () -> assertTrue(percentile(refused, 50) < DATABASE.toMillis(), "the refused waited"),
                        () -> assertTrue(percentile(refused, 99) < GENEROUS.toMillis(), "some refused waited"),
                        () -> assertEquals(List.of(), service.stackTraces()));
            }
        }
    }
}
