package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.gitops.Deployed;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `gitops/` and the service agree on variables, probes and metrics.
@Timeout(60)
class DeployedTest {

    @TempDir
    private Path folder;

    @Test
    void environmentVariables_areSettings() throws IOException {
        var secret = Files.writeString(folder.resolve("secret"), "secret");
        var environment = new RememberingMap();
        Deployed.environment()
                .forEach((name, value) -> environment.put(name, name.endsWith("_FILE") ? secret.toString() : value));

        Settings.from(environment);

        assertEquals(Set.of(), environment.neverRead());
    }

    @Test
    void probesAndMetrics_areServedOnTheManagementPortOnly() throws Exception {
        try (var app = App.start(settings())) {
            post(app.port(), "{\"name\":\"Jane\"}");
            post(app.port(), "not JSON");
            var exposed = get(app.managementPort(), "/metrics")
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("[{ ]", 2)[0])
                    .collect(Collectors.toSet());
            exposed.add("db_operation_failures_total"); // it appears with the first failure

            assertAll(
                    () -> assertEquals(
                            Set.of(),
                            Deployed.metrics().stream()
                                    .filter(it -> !exposed.contains(it))
                                    .collect(Collectors.toSet())),
                    () -> assertFalse(Deployed.metrics().isEmpty()));
            for (var path : Deployed.probePaths()) {
                assertAll(
                        path,
                        () -> assertTrue(get(app.managementPort(), path).contains("\"UP\"")),
                        () -> assertTrue(get(app.port(), path).contains("404")));
            }
        }
    }

    private Settings settings() throws IOException {
        try (var free = new ServerSocket(0)) {
            return Settings.from(Map.of(
                    "PORT", "0",
                    "MANAGEMENT_PORT", Integer.toString(free.getLocalPort()),
                    "DATA_DIR", folder.resolve("data").toString()));
        }
    }

    private static String get(int port, String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(port, path)));
    }

    private static void post(int port, String body) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(uri(port, "/data"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private static URI uri(int port, String path) {
        return URI.create("http://localhost:" + port + path);
    }

    private static String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request.build(), BodyHandlers.ofString()).body();
        }
    }

    /// Knows which of its entries nobody has asked for.
    private static final class RememberingMap extends HashMap<String, String> {
        private static final long serialVersionUID = 1L;
        private final HashSet<Object> read = new HashSet<>();

        @Override
        public @Nullable String get(Object key) {
            read.add(key);
            return super.get(key);
        }

        Set<String> neverRead() {
            return keySet().stream().filter(it -> !read.contains(it)).collect(Collectors.toSet());
        }
    }
}
