package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A client that is too slow is cut off at its limit, leaves nothing behind, and keeps nobody else waiting. The tests
/// run side by side, because each does little but wait for the limit.
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class SlowClientTest {

    private static final Duration LIMIT = Duration.ofSeconds(2);
    /// A busy machine may be late, but not by minutes.
    private static final Duration GENEROUS = LIMIT.plusSeconds(15);
    private static final String POST = "POST /data HTTP/1.1\r\nHost: test\r\n";
    private static final String JSON = POST + "Content-Type: application/json\r\n";
    private static final String NDJSON = POST + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n";

    @TempDir
    private static Path folder;

    private static ServiceProcess service;

    @BeforeAll
    static void start() throws Exception {
        service = ServiceProcess.start(settings(folder));
        service.await("/health/ready", 200, Duration.ofSeconds(30));
    }

    private static Map<String, String> settings(Path folder) {
        return Map.of("REQUEST_TIMEOUT", LIMIT.toString(), "DATA_DIR", folder.toString());
    }

    @AfterEach
    void othersAreAnswered() throws Exception {
        assertEquals(201, service.post("{\"a\":1}").statusCode());
        assertEquals(List.of(), service.stackTraces());
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        try (var ended = service) {
            awaitRequests(0, ended);
            assertEquals(List.of(), ended.stackTraces());
        }
    }

    private static void awaitRequests(int count, ServiceProcess service) throws Exception {
        // One more, which is this question itself.
        eventually(
                GENEROUS,
                () -> assertEquals(count + 1, service.meter("http_server_active_requests"), service::logText));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(nullValues = "-", delimiter = ';', textBlock = """
            nothing;                -;                                             0
            half a line;            GET / HT;                                      0
            half a head;            GET / HTTP/1.1|Host: test|;                    0
            noise;                  qwertz;                                        0
            half a second request;  GET /openapi HTTP/1.1|Host: test||GET /opena;  200
            """)
    void head_thatDoesNotArrive_endsTheConnection(String what, @Nullable String sent, int status) throws Exception {
        try (var client = RawHttp.connect(service.port())) {
            long started = System.nanoTime();
            client.send(lines(sent));
            String answer = client.receiveAll();
            assertAll(
                    what,
                    () -> assertTookAbout(LIMIT, started),
                    () -> assertEquals(status, RawHttp.status(answer), answer),
                    () -> assertEquals(answer.lastIndexOf("HTTP/1.1 "), answer.indexOf("HTTP/1.1 "), answer));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(nullValues = "-", delimiter = ';', textBlock = """
            half a body;        Content-Length: 9;           {"a":
            no body;            Content-Length: 9;           -
            half a chunk;       Transfer-Encoding: chunked;  9|{"a":
            half a chunk size;  Transfer-Encoding: chunked;  9
            no last chunk;      Transfer-Encoding: chunked;  7|{"a":1}|
            """)
    void body_thatDoesNotArrive_isAnswered408(String what, String framing, @Nullable String sent) throws Exception {
        try (var client = RawHttp.connect(service.port())) {
            long started = System.nanoTime();
            client.send(JSON + framing + "\r\n\r\n" + lines(sent));
            String answer = client.receiveAll();
            assertAll(
                    what,
                    () -> assertTookAbout(LIMIT, started),
                    () -> assertEquals(408, RawHttp.status(answer), answer),
                    () -> assertTrue(answer.contains("\r\nConnection: close\r\n"), answer),
                    () -> assertTrue(answer.endsWith("""
                            {"type":"about:blank","title":"Request Timeout","status":408,\
                            "detail":"The body did not arrive within PT2S: send it faster, or send less."}"""), answer));
        }
    }

    private static String lines(@Nullable String sent) {
        return sent == null ? "" : sent.replace("|", "\r\n");
    }

    @Test
    void body_thatTrickles_isAnswered408() throws Exception {
        try (var client = RawHttp.connect(service.port())) {
            long started = System.nanoTime();
            client.send(JSON + "Content-Length: 1000\r\n\r\n{");
            var trickle = Thread.startVirtualThread(() -> trickle(client));
            String answer = client.receiveAll();
            assertAll(() -> assertTookAbout(LIMIT, started), () -> assertEquals(408, RawHttp.status(answer), answer));
            trickle.interrupt();
        }
    }

    private static void trickle(RawHttp client) {
        try {
            for (int i = 0; i < 900; i++) {
                client.send(" ");
                Thread.sleep(50);
            }
        } catch (java.io.IOException | InterruptedException e) {
            // Cut off, as it should be.
        }
    }

    @Test
    void ndjson_thatKeepsComing_mayTakeLonger() throws Exception {
        try (var client = RawHttp.connect(service.port())) {
            client.send(NDJSON + "Connection: close\r\n\r\n");
            for (int i = 0; i < 8; i++) {
                Thread.sleep(LIMIT.toMillis() / 4);
                client.send("8\r\n{\"n\":1}\n\r\n");
            }
            client.send("0\r\n\r\n");
            String answer = client.receiveAll();
            assertAll(
                    () -> assertEquals(201, RawHttp.status(answer), answer),
                    () -> assertTrue(
                            answer.endsWith(
                                    "{\"status\":\"Data inserted\",\"inserted\":8,\"refused\":0,\"errors\":[]}"),
                            answer));
        }
    }

    @Test
    void ndjson_thatStops_isAnswered408() throws Exception {
        try (var client = RawHttp.connect(service.port())) {
            client.send(NDJSON + "\r\n8\r\n{\"n\":1}\n\r\n");
            long started = System.nanoTime();
            String answer = client.receiveAll();
            assertTookAbout(LIMIT, started);
            assertEquals(408, RawHttp.status(answer), answer);
        }
    }

    /// With a service of its own, whose requests and connections it counts.
    @Test
    void answer_thatIsNotRead_endsTheConnection(@TempDir Path other) throws Exception {
        try (var unread = ServiceProcess.start(settings(other))) {
            unread.await("/health/ready", 200, GENEROUS);
            assertUnreadAnswersEndTheirConnections(unread);
            assertEquals(201, unread.post("{\"a\":1}").statusCode());
            assertEquals(List.of(), unread.stackTraces());
        }
    }

    private static void assertUnreadAnswersEndTheirConnections(ServiceProcess service) throws Exception {
        String lines = ("{\"text\":\"" + "x".repeat(1000) + "\"}\n").repeat(20_000);
        var filled = service.send(HttpRequest.newBuilder(service.uri("/data"))
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(lines)));
        assertEquals(201, filled.statusCode(), filled::body);
        int before = service.connections();
        List<RawHttp> readers = new ArrayList<>();
        long started = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            var client = RawHttp.connect(service.port(), 4096);
            client.send("GET /data HTTP/1.1\r\nHost: test\r\n\r\n");
            readers.add(client);
        }
        awaitRequests(readers.size(), service);
        awaitRequests(0, service);
        assertTookAbout(LIMIT, started);
        eventually(GENEROUS, () -> assertTrue(service.connections() <= before + 1, "connections are left"));
        for (RawHttp client : readers) {
            client.close();
        }
    }

    @Test
    void slowReader_thatReads_getsTheWhole() throws Exception {
        String text = "y".repeat(700_000);
        String id = service.post("{\"text\":\"" + text + "\"}").body().replaceAll(".*\"id\":\"|\".*", "");
        try (var client = RawHttp.connect(service.port(), 4096)) {
            client.send("GET /data/" + id + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
            var answer = new StringBuilder();
            long end = System.nanoTime() + LIMIT.multipliedBy(2).toNanos();
            // In total it takes twice the limit, but it never stops.
            while (System.nanoTime() < end) {
                answer.append(client.receiveSome());
                Thread.sleep(25);
            }
            answer.append(client.receiveAll());
            assertTrue(answer.toString().endsWith(text + "\"}"), () -> "only " + answer.length());
        }
    }

    @Test
    void idleConnections_giveWay_whenThereAreTooMany(@TempDir Path other) throws Exception {
        List<RawHttp> idle = new ArrayList<>();
        // Four connections per concurrent request, and 128 more.
        try (var small = ServiceProcess.start(Map.of("MAX_CONCURRENT_REQUESTS", "4", "DATA_DIR", other.toString()))) {
            for (int i = 0; i < 150; i++) {
                var client = RawHttp.connect(small.port());
                client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
                idle.add(client);
            }
            long started = System.nanoTime();
            assertEquals(200, small.status("/"));
            assertTrue(System.nanoTime() - started < GENEROUS.toNanos());
        } finally {
            for (RawHttp client : idle) {
                client.close();
            }
        }
    }

    private static void assertTookAbout(Duration expected, long started) {
        Duration took = Duration.ofNanos(System.nanoTime() - started);
        // A little less, because the limit began before the client's clock.
        assertTrue(took.compareTo(expected.minusMillis(500)) > 0 && took.compareTo(GENEROUS) < 0, () -> "took " + took);
    }
}
