package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import dev.martlet.http.Route;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

/// `MANAGEMENT_PORT`: each path answers on one of the two ports only.
class ManagementPortTest {

    private static final List<String> PATHS =
            Api.observed().stream().map(Route::pattern).toList();

    @Test
    void health_andMetricsAreOnThatPortAndNothingElse() throws Exception {
        int free;
        try (var socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (Service service =
                        Service.with("MANAGEMENT_PORT", Integer.toString(free)).start();
                Wire open = Wire.to(service.port());
                Wire management = Wire.to(service.managementPort())) {
            for (String path : PATHS) {
                assertEquals(404, open.request("GET", path).answer().status(), path);
                assertEquals(404, open.request("POST", path).answer().status(), path);
                assertTrue(management.request("GET", path).answer().status() != 404, path);
                assertEquals(405, management.request("POST", path).answer().status(), path);
                assertEquals(
                        "GET, HEAD, OPTIONS",
                        management.request("OPTIONS", path).answer().header("Allow"),
                        path);
            }
            for (String path : new String[] {"/", "/data", "/data/a", "/openapi"}) {
                Answer answer = management.request("GET", path).answer();

                assertEquals(404, answer.status(), path);
                assertEquals("application/problem+json", answer.header("Content-Type"));
                assertTrue(answer.header("X-Request-Id").matches("[0-9a-f]{32}"), answer::toString);
            }
        }
    }
}
