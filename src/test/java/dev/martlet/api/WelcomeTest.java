package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.time.Duration;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Everything that needs no document: `/`, the answers of every path, and the headers of every answer.
@ServerTest
class WelcomeTest {

    /// The extension stops the server and not the service, which would wait for idle connections as long as it may.
    private static final Service SERVICE = Service.with("SHUTDOWN_GRACE", "PT0.5S");

    private final Client client;

    WelcomeTest(WebServer server) {
        client = new Client(server::port);
    }

    @SetUpServer
    static void martlet(WebServerConfig.Builder server) throws Exception {
        SERVICE.configure(server);
    }

    @AfterAll
    static void close() {
        SERVICE.close();
    }

    @Test
    void root_tellsTheTimeAsText() {
        Answer answer = client.get("/");

        assertEquals(200, answer.status());
        assertEquals("text/plain; charset=utf-8", answer.header("Content-Type"));
        String greeting = "Welcome to Martlet! The current time is: ";
        assertTrue(answer.body().startsWith(greeting), answer.body());
        var told =
                OffsetDateTime.parse(answer.body().substring(greeting.length()).strip());
        assertTrue(
                Duration.between(told, OffsetDateTime.now(java.time.ZoneOffset.UTC))
                                .abs()
                                .compareTo(Duration.ofMinutes(1))
                        < 0,
                answer.body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*/*", "text/*", "text/plain", "text/html;q=0.5, text/plain", "application/json, */*;q=0.1"})
    void root_isTextForPrograms(String accept) {
        assertEquals(
                "text/plain; charset=utf-8", client.get("/", "Accept", accept).header("Content-Type"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "TEXT/HTML",
                "text/plain;q=0.2, text/html;level=1;q=0.7"
            })
    void root_isThePageForBrowsers(String accept) {
        Answer answer = client.get("/", "Accept", accept);

        assertEquals(200, answer.status());
        assertEquals("text/html; charset=utf-8", answer.header("Content-Type"));
        assertEquals("Accept, Accept-Encoding", answer.header("Vary"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/plain;q=0, text/html;q=0.0", "*/*;q=0"})
    void root_refusesWhatItCannotBe(String accept) {
        assertEquals("""
                406 {"type":"about:blank","title":"Not Acceptable","status":406,\
                "detail":"None of the media types in `Accept` is offered: ask for `text/plain` or `text/html`."}""", client.get("/", "Accept", accept).told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/health/live", "/health/ready", "/health/started"})
    void health_isUp(String path) {
        Answer answer = eventually(200, path);

        assertEquals(200, answer.status());
        assertEquals("UP", answer.text("status"));
    }

    /// The first ping of the database may still be under way.
    private Answer eventually(int status, String path) {
        Answer answer = client.get(path);
        for (int i = 0; answer.status() != status && i < 100; i++) {
            java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
            answer = client.get(path);
        }
        return answer;
    }

    @Test
    void metrics_arePrometheusText() {
        Answer answer = client.get("/metrics");

        assertEquals(200, answer.status());
        assertTrue(answer.header("Content-Type").startsWith("text/plain"), answer.header("Content-Type"));
        assertTrue(answer.body().contains("documents_inserted_total"), answer.body());
    }

    @Test
    void metrics_areJsonByAccept() {
        Answer answer = client.get("/metrics", "Accept", "application/json");

        assertEquals(200, answer.status());
        assertEquals("application/json", answer.header("Content-Type"));
        assertTrue(answer.body().startsWith("{"), answer.body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nothing",
                "/dat",
                "/data/a/b",
                "/data/a/",
                "/openapi/x",
                "/healthy",
                "/health/nothing",
                "/metrics/nothing",
                "//",
                "/data/",
                "/data//",
                "/./data",
                "/data/../openapi"
            })
    void unknownPath_isNotFound(String path) throws Exception {
        // A client may normalise the path. The wire does not.
        try (Wire wire = client.wire()) {
            Answer answer = wire.request("GET", path).answer();

            assertEquals(
                    """
                    404 {"type":"about:blank","title":"Not Found","status":404,\
                    "detail":"There is nothing at this path: %s."}""".formatted(
                                    path.endsWith("/")
                                            ? "omit the `/` at its end, or GET /openapi to see what there is"
                                            : "GET /openapi tells what there is"),
                    answer.told());
            assertEquals("application/problem+json", answer.header("Content-Type"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/               | DELETE | GET, HEAD, OPTIONS",
                "/data           | DELETE | GET, HEAD, POST, OPTIONS",
                "/data           | PUT    | GET, HEAD, POST, OPTIONS",
                "/data/a         | POST   | GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
                "/data/a         | TRACE  | GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
                "/openapi        | POST   | GET, HEAD, OPTIONS",
                "/who            | PATCH  | GET, HEAD, OPTIONS",
                "/health         | POST   | GET, HEAD, OPTIONS",
                "/health/live    | PUT    | GET, HEAD, OPTIONS",
                "/health/ready   | DELETE | GET, HEAD, OPTIONS",
                "/health/started | PATCH  | GET, HEAD, OPTIONS",
                "/metrics        | POST   | GET, HEAD, OPTIONS",
                "/metrics        | BREW   | GET, HEAD, OPTIONS",
            })
    void wrongMethod_isNotAllowed(String path, String method, String allow) throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request(method, path).answer();

            assertEquals(
                    """
                    405 {"type":"about:blank","title":"Method Not Allowed","status":405,\
                    "detail":"`%s` is not allowed here: use `%s`."}""".formatted(
                            method, allow.replace(", OPTIONS", " or OPTIONS").replaceAll("(,| or) ", "`$1 `")),
                    answer.told());
            assertEquals(allow, answer.header("Allow"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/               | GET, HEAD, OPTIONS",
                "/data           | GET, HEAD, POST, OPTIONS",
                "/data/a         | GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
                "/openapi        | GET, HEAD, OPTIONS",
                "/who            | GET, HEAD, OPTIONS",
                "/health         | GET, HEAD, OPTIONS",
                "/health/live    | GET, HEAD, OPTIONS",
                "/health/ready   | GET, HEAD, OPTIONS",
                "/health/started | GET, HEAD, OPTIONS",
                "/metrics        | GET, HEAD, OPTIONS",
            })
    void options_answersAllow(String path, String allow) throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request("OPTIONS", path).answer();

            assertEquals("204 ", answer.told());
            assertEquals(allow, answer.header("Allow"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/data/nothing", "/openapi", "/nothing"})
    void head_answersAsGetDoesWithoutBody(String path) throws Exception {
        try (Wire wire = client.wire()) {
            Answer get = wire.request("GET", path).answer();
            Answer head = wire.request("HEAD", path).head();
            // If there were a body, this answer would begin in the middle of it.
            Answer next = wire.request("GET", path).answer();

            assertEquals(get.status(), head.status());
            assertEquals(get.status(), next.status());
            assertEquals(get.header("Content-Type"), head.header("Content-Type"));
            assertEquals(Integer.toString(get.bytes().length), head.header("Content-Length"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/data, 200", "/data?limit=5, 200", "/data?limit=x, 400", "/metrics, 200",
        "/health, 204", "/health/live, 204", "/health/ready, 204", "/health/started, 204"
    })
    void head_tellsNoLengthThatItDoesNotKnow(String path, int status) throws Exception {
        eventually(200, "/health/ready");
        try (Wire wire = client.wire()) {
            Answer head = wire.request("HEAD", path).head();

            assertEquals(status, head.status());
            assertEquals(200, wire.request("GET", "/").answer().status());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "0af7651916cd43dd8448eb211c80319c", "A.b_c:d=e+f/g-h"})
    void requestId_isTheClients(String id) {
        assertEquals(id, client.get("/", "X-Request-Id", id).header("X-Request-Id"));
        assertEquals(id, client.get("/nothing", "X-Request-Id", id).header("X-Request-Id"));
        assertEquals(id, client.get("/health", "X-Request-Id", id).header("X-Request-Id"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a,b", "\"", "<script>", "{}", "\u00e4"})
    void requestId_isFreshWhenTheClientsIsInsane(String id) throws Exception {
        try (Wire wire = client.wire()) {
            String fresh = wire.request("GET", "/", "X-Request-Id", id).answer().header("X-Request-Id");

            assertTrue(fresh.matches("[0-9a-f]{32}"), fresh);
        }
    }

    @Test
    void requestId_isFreshWhenTheClientsIsTooLong() {
        String id = client.get("/", "X-Request-Id", "a".repeat(129)).header("X-Request-Id");

        assertTrue(id.matches("[0-9a-f]{32}"), id);
    }

    @Test
    void problem_tellsTheTraceThatTheRequestBelongsTo() throws Exception {
        String traceId = "0af7651916cd43dd8448eb211c80319c";
        String parent = "00-" + traceId + "-b7ad6b7169203331-00";
        try (Wire wire = client.wire()) {
            assertEquals(
                    """
                    404 {"type":"about:blank","title":"Not Found","status":404,\
                    "detail":"There is nothing at this path: GET /openapi tells what there is.","traceId":"%s"}""".formatted(traceId),
                    wire.request("GET", "/nothing", "traceparent", parent)
                            .answer()
                            .told());
            // Two traceparents are as good as none.
            assertTrue(!wire.request("GET", "/nothing", "traceparent", parent, "traceparent", parent)
                    .answer()
                    .json()
                    .containsKey("traceId"));
            assertEquals(
                    traceId,
                    wire.send("POST /data HTTP/1.1\r\nHost: a\r\ntraceparent: " + parent
                                    + "\r\nContent-Length: x\r\n\r\n")
                            .answer()
                            .text("traceId"));
        }
    }
}
