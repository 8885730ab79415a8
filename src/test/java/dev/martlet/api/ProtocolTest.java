package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests that are not HTTP, or hardly. Whatever is wrong, the answer is a problem with a request id. It says
/// nothing about the inside of the service.
class ProtocolTest {

    @RegisterExtension
    static final Service service = Service.with();

    private final Client client = new Client(service::port);

    private static void assertProblem(int status, Answer answer) {
        assertEquals(status, answer.status(), answer::toString);
        assertEquals("application/problem+json", answer.header("Content-Type"), answer::toString);
        assertTrue(answer.header("X-Request-Id").matches("[0-9a-f]{32}"), answer::toString);
        assertEquals(status, answer.json().getInt32("status").getValue());
        for (String inside : new String[] {"Exception", "helidon", "dev.martlet", "mongo", "java.", "127.0.0.1"}) {
            assertFalse(answer.body().contains(inside), answer::toString);
        }
    }

    private Answer answer(String request) throws Exception {
        try (Wire wire = client.wire()) {
            return wire.send(request).answer();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET\r\n\r\n",
                "nonsense\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / HTTP/2.7\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /data?a=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /data?a=<x> HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /data/a\\b HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
                "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            })
    void malformedRequest_isABadRequest(String request) throws Exception {
        assertProblem(400, answer(request));
    }

    @Test
    void target_thatIsTooLongIs414() throws Exception {
        Answer answer = answer("GET /data?filter=" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");

        assertProblem(414, answer);
        assertEquals("""
                414 {"type":"about:blank","title":"URI Too Long","status":414,\
                "detail":"The first line of the request exceeds 16384 bytes: shorten the address."}""", answer.told());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/data?filter={%22a%22:1} | {   | %7B",
                "/data?filter=%7B\"a\":1}  | \\\" | %22",
                "/data?filter=%7B%7D}     | }   | %7D",
            })
    void json_thatIsNotEncodedInTheAddress_isNamed(String target, String character, String encoded) throws Exception {
        assertEquals(
                """
                400 {"type":"about:blank","title":"Bad Request","status":400,\
                "detail":"The address has `%s` in it: write it as `%s` (with curl: `-G --data-urlencode`)."}""".formatted(character, encoded),
                answer("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n").told());
    }

    @Test
    void headers_thatAreTooLargeAreRefused() throws Exception {
        assertProblem(400, answer("GET /data HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(100_000) + "\r\n\r\n"));
    }

    @Test
    void requestId_isKeptWhenTheHeadCouldBeRead() throws Exception {
        assertEquals(
                "mine",
                answer("POST /data HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nContent-Length: x\r\n\r\n")
                        .header("X-Request-Id"));
    }

    @Test
    void connection_servesManyRequests() throws Exception {
        try (Wire wire = client.wire()) {
            for (int i = 0; i < 100; i++) {
                assertEquals(200, wire.request("GET", "/").answer().status());
                assertEquals(404, wire.request("GET", "/data/a").answer().status());
                assertEquals(204, wire.request("OPTIONS", "/data").answer().status());
                assertEquals(200, wire.request("HEAD", "/data").head().status());
            }
        }
    }

    @Test
    void pipelinedRequests_areAnsweredInOrder() throws Exception {
        try (Wire wire = client.wire()) {
            wire.request("OPTIONS", "/data")
                    .request("GET", "/data")
                    .request("HEAD", "/")
                    .request("GET", "/data/a");

            assertEquals(204, wire.answer().status());
            assertEquals("200 []", wire.answer().told());
            assertEquals(200, wire.head().status());
            assertEquals(404, wire.answer().status());
        }
    }

    @Test
    void connection_endsWhenTheClientWantsIt() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request("GET", "/data", "Connection", "close").answer();

            assertEquals("close", answer.header("Connection"));
            assertTrue(wire.ended());
        }
    }

    /// Java's own client offers HTTP/2 by itself.
    @Test
    void offerOfHttp2_isPassedOver() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request(
                            "POST",
                            "/data",
                            "Connection",
                            "Upgrade, HTTP2-Settings",
                            "Upgrade",
                            "h2c",
                            "HTTP2-Settings",
                            "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
                            "Content-Type",
                            "application/json",
                            "Content-Length",
                            "2")
                    .send("{}")
                    .answer();

            assertEquals(201, answer.status(), answer::toString);
        }
    }

    @Test
    void noContent_hasNoLength() throws Exception {
        client.put("/data/a", "{}");
        String etag = client.get("/data/a").header("ETag");
        try (Wire wire = client.wire()) {
            Answer notModified =
                    wire.request("GET", "/data/a", "If-None-Match", etag).answer();
            assertEquals("304 ", notModified.told());
            assertFalse(notModified.headers().containsKey("content-length"), notModified::toString);
            Answer options = wire.request("OPTIONS", "/data/a").answer();
            assertFalse(options.headers().containsKey("content-length"), options::toString);
            Answer deleted = wire.request("DELETE", "/data/a").answer();
            assertEquals("204 ", deleted.told());
            assertFalse(deleted.headers().containsKey("content-length"), deleted::toString);
        }
    }
}
