package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `SERVED_BY`: every answer names the instance, and so does `/who`.
class ServedByTest {

    private static final String TAG = "20261121T101500Z-0123456789ab";

    @RegisterExtension
    static final Service service = Service.with("SERVED_BY", "pod-1", "MARTLET_VERSION", TAG, "API_TOKEN", "secret");

    @RegisterExtension
    static final Service nameless = Service.with();

    private final Client client = new Client(service::port);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /data HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /data HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n",
                "get / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET / HTTP/2.7\r\nHost: localhost\r\n\r\n",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            })
    void everyAnswer_saysWhoGaveIt(String request) throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.send(request).answer();

            assertEquals("pod-1 " + TAG, answer.header("X-Served-By"), answer::toString);
        }
    }

    @Test
    void managementPort_saysItToo() throws Exception {
        int free;
        try (var socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (Service apart = Service.with("SERVED_BY", "pod-2", "MANAGEMENT_PORT", Integer.toString(free))
                        .start();
                Wire management = Wire.to(apart.managementPort())) {
            String development = "pod-2 development";
            assertEquals(
                    development,
                    management.request("GET", "/health/live").answer().header("X-Served-By"));
            assertEquals(development, management.request("GET", "/who").answer().header("X-Served-By"));
            assertEquals(development, management.send("x\r\n\r\n").answer().header("X-Served-By"));
        }
    }

    @Test
    void who_tellsInstanceAndVersion_andEndsTheConnection() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request("GET", "/who").answer();
            String started = answer.text("started");

            assertEquals(
                    "200 {\"servedBy\":\"pod-1\",\"version\":\"" + TAG + "\",\"started\":\"" + started + "\"}",
                    answer.told());
            assertTrue(
                    Duration.between(Instant.parse(started), Instant.now()).compareTo(Duration.ofMinutes(10)) < 0,
                    started);
            assertEquals(
                    Map.of("connection", "close", "cache-control", "no-store", "content-type", "application/json"),
                    Map.of(
                            "connection", answer.header("Connection"),
                            "cache-control", answer.header("Cache-Control"),
                            "content-type", answer.header("Content-Type")));
            assertTrue(wire.ended());
        }
    }

    @Test
    void withoutAName_noAnswerCarriesOne() {
        var other = new Client(nameless::port);
        Answer answer = other.get("/who");

        assertEquals("", answer.text("servedBy"));
        assertEquals("development", answer.text("version"));
        assertTrue(!answer.headers().containsKey("x-served-by"), answer::toString);
    }
}
