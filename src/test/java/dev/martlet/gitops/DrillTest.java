package dev.martlet.gitops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// `gitops/drill` against a service that answers as the test wants, and a kubectl that does nothing. A drill mostly
/// waits, so the tests run side by side.
@Execution(ExecutionMode.CONCURRENT)
class DrillTest {

    @TempDir
    private Path folder;

    private final Queue<String> stored = new ConcurrentLinkedQueue<>();
    private final AtomicInteger writes = new AtomicInteger();
    private int refused;
    private int forgotten;
    private HttpServer service;

    @BeforeEach
    void startAService() throws IOException {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        assertTrue(Files.writeString(folder.resolve("kubectl"), "#!/bin/sh\nexit 0\n")
                .toFile()
                .setExecutable(true));
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        service.createContext("/data", this::answer);
        service.start();
    }

    @AfterEach
    void stop() {
        service.stop(0);
    }

    @Test
    void disturbanceThatNobodyNotices_isARowOfTheTable() {
        var result = drill("--json", "rollout");
        assertEquals(0, result.status(), result::output);
        var row = result.output().lines().reduce((first, second) -> second).orElseThrow();
        assertTrue(
                row.matches(
                        "\\{\"drill\":\"rollout\",\"seconds\":\\d+,\"written\":%d,\"failed\":0,\"lost\":0,\"slowest\":[\\d.]+,\"notes\":\"every pod replaced\"}"
                                .formatted(stored.size())),
                row);
    }

    @Test
    void oneRefusedRequest_isNoticed() {
        refused = 3;
        var result = drill("rollout");
        assertEquals(1, result.status(), result::output);
        assertTrue(result.output().contains(" 503 "), result::output);
        assertTrue(result.output().contains("✗ rollout was noticed."), result::output);
    }

    /// It waited for ever, for the end of its own output.
    @Test
    void drillThatFails_ends() throws IOException {
        Files.writeString(folder.resolve("kubectl"), "#!/bin/sh\necho 'deployment restarted'\nexit 1\n");
        var result = drill("rollout");
        assertEquals(1, result.status(), result::output);
        assertTrue(result.output().contains("✗ stopped at: Drill: rollout"), result::output);
        assertTrue(result.output().contains("  deployment restarted\n"), result::output);
    }

    @Test
    void oneForgottenDocument_isNoticed() {
        forgotten = 5;
        var result = drill("rollout");
        assertEquals(1, result.status(), result::output);
        assertTrue(result.output().contains("✗ rollout was noticed."), result::output);
    }

    /// The four clients of the load share a file, and curl writes in blocks. A line that was cut in two looked like a
    /// request without a status.
    @Test
    void load_isNotedInWholeLines() throws IOException {
        assertTrue(Files.writeString(folder.resolve("curl"), """
                #!/bin/sh
                for n in 1 2 3 4 5 6 7 8 9; do printf 200; sleep 0.01; printf ' pod\\n'; done
                """).toFile().setExecutable(true));
        var result = Tool.BASH.run(Map.of("PATH", folder + ":" + System.getenv("PATH")), "-c", """
                set -Eeuo pipefail
                scratch=$1 url=http://localhost
                request() { curl "$@"; }
                source gitops/lib/drills.bash
                load & sleep 1; touch "$scratch/load-ends"; wait
                sort -u "$scratch/served\"""", "load", folder);
        assertEquals("200 pod\n", result.output());
    }

    @Test
    void unknownDrill_isExplained() {
        var result = drill("earthquake");
        assertEquals(2, result.status());
        assertTrue(result.output().contains("gitops/drill [rollout|step-down|kill|"), result::output);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            if (exchange.getRequestMethod().equals("GET")) {
                var all = stored.stream()
                        .map(it -> it + "\n")
                        .collect(Collectors.joining())
                        .getBytes(UTF_8);
                exchange.sendResponseHeaders(200, all.length);
                exchange.getResponseBody().write(all);
                return;
            }
            var n = writes.incrementAndGet();
            if (n != refused && n != forgotten) {
                stored.add(body);
            }
            exchange.sendResponseHeaders(n == refused ? 503 : 201, -1);
        }
    }

    private Tool.Result drill(String... arguments) {
        var url = "http://127.0.0.1:" + service.getAddress().getPort();
        var command = Stream.concat(
                Stream.of(Manifests.GITOPS.resolve("drill"), "--url", url, "--seconds", "1"),
                List.of(arguments).stream());
        return Tool.BASH.run(Map.of("PATH", folder + ":" + System.getenv("PATH")), command.toArray());
    }
}
