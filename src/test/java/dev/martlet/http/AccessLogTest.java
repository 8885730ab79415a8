package dev.martlet.http;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `ACCESS_LOG`: a line for each request, in the format of `LOG_FORMAT`.
@Timeout(60)
class AccessLogTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    private Path folder;

    private ServiceProcess start(String format, String on) throws Exception {
        return ServiceProcess.start(
                Map.of("DATA_DIR", folder.toString(), "LOG_FORMAT", format, "ACCESS_LOG", on, "API_TOKEN", "secret"));
    }

    private static void put(ServiceProcess service) throws Exception {
        var answer = service.send(HttpRequest.newBuilder(service.uri("/data/caf%C3%A9"))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer secret")
                .header("X-Request-Id", "mine")
                .PUT(BodyPublishers.ofString("{}")));
        assertEquals(201, answer.statusCode(), answer::body);
    }

    private static void refused(ServiceProcess service) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.getOutputStream().write("GET /a b?c HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            socket.getInputStream().readAllBytes();
        }
    }

    private static List<String> lines(ServiceProcess service) {
        return service.log().stream()
                .filter(line -> line.contains("AccessLog"))
                .map(line -> line.replaceAll("20\\d\\d-[^ \"]*", "TIME")
                        .replaceAll("((?:bytes|ms|waitedMs)\"?[=:])[0-9.]+(?:E-\\d)?", "$1N")
                        .replaceAll("[0-9a-f]{32}", "ID"))
                .toList();
    }

    @Test
    void text_hasALineForEachRequest() throws Exception {
        try (var service = start("text", "true")) {
            put(service);
            service.get("/nothing?token=hunter2");
            refused(service);

            eventually(
                    PATIENCE,
                    () -> assertEquals(
                            List.of(
                                    "TIME INFO  AccessLog - method=PUT path=/data/caf%C3%A9 route=/data/{id} status=201 bytes=N ms=N waitedMs=N [mine]",
                                    "TIME INFO  AccessLog - method=GET path=/nothing status=404 bytes=N ms=N waitedMs=N [ID]",
                                    "TIME INFO  AccessLog - method=GET path=/a status=400 [ID]"),
                            lines(service)));
            assertTrue(!service.logText().contains("hunter2"), service::logText);
        }
    }

    @Test
    void json_hasAnObjectForEachRequest() throws Exception {
        try (var service = start("json", "true")) {
            put(service);
            service.send(HttpRequest.newBuilder(service.uri("/data?sort=hunter2"))
                    .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

            eventually(PATIENCE, () -> assertEquals(List.of("""
                            {"time":"TIME","level":"INFO","logger":"dev.martlet.http.AccessLog","method":"PUT",\
                            "path":"/data/caf%C3%A9","route":"/data/{id}","status":201,"bytes":N,"ms":N,"waitedMs":N,\
                            "requestId":"mine"}""", """
                            {"time":"TIME","level":"INFO","logger":"dev.martlet.http.AccessLog","method":"GET",\
                            "path":"/data","route":"/data","status":401,"bytes":N,"ms":N,"waitedMs":N,\
                            "requestId":"ID","traceId":"ID"}"""), lines(service)));
        }
    }

    @Test
    void answerThatBreaksOff_isCut() throws Exception {
        try (var service = start("text", "true")) {
            String document = "{\"text\":\"" + "x".repeat(1_000_000) + "\"}";
            for (int i = 0; i < 20; i++) {
                assertEquals(
                        201,
                        service.send(HttpRequest.newBuilder(service.uri("/data"))
                                        .header("Content-Type", "application/json")
                                        .header("Authorization", "Bearer secret")
                                        .POST(BodyPublishers.ofString(document)))
                                .statusCode());
            }
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
                socket.getOutputStream()
                        .write("GET /data HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer secret\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                socket.getInputStream().readNBytes(1000);
                // Goes away with a reset.
                socket.setSoLinger(true, 0);
            }
            eventually(
                    PATIENCE,
                    () -> assertTrue(
                            lines(service)
                                    .getLast()
                                    .matches(
                                            ".*method=GET path=/data route=/data status=200 bytes=N ms=N waitedMs=N cut=true .*"),
                            service::logText));
        }
    }

    @Test
    void off_itSaysNothing() throws Exception {
        try (var service = start("text", "")) {
            put(service);
            assertAll(() -> assertEquals(0, service.stop()), () -> assertEquals(List.of(), lines(service)));
        }
    }
}
