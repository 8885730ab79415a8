package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Rules of HTTP that Helidon does not check: [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112).
class StrictnessTest {

    @RegisterExtension
    private static final Service SERVICE = Service.with();

    private static final String CHUNKED =
            "POST /data HTTP/1.1|Host: localhost|Content-Type: application/json|Transfer-Encoding: chunked||";

    private final Client client = new Client(SERVICE::port);

    private Answer send(String text) throws Exception {
        try (Wire wire = client.wire()) {
            return wire.send(text.replace("|", "\r\n")).answer();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET http://example.com/data HTTP/1.1, 200",
        "GET http://example.com/data?limit=1 HTTP/1.1, 200",
        "GET https://example.com/health/live HTTP/1.1, 200",
        "GET http://example.com HTTP/1.1, 200",
        "GET http://example.com/nothing HTTP/1.1, 404",
        "OPTIONS * HTTP/1.1, 204",
        "GET * HTTP/1.1, 404",
        "get /data HTTP/1.1, 400",
        "Get / HTTP/1.1, 400",
    })
    void requestLines_areTakenOrRefused(String line, int status) throws Exception {
        assertEquals(status, send(line + "|Host: localhost||").status());
    }

    @Test
    void optionsOfEverything_tellsAllMethods() throws Exception {
        assertEquals(
                "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
                send("OPTIONS * HTTP/1.1|Host: localhost||").header("Allow"));
    }

    @Test
    void requestLine_isReadStrictlyOnAKeptConnectionToo() throws Exception {
        try (Wire wire = client.wire()) {
            wire.send("GET / HTTP/1.1|Host: a||GET http://b/data HTTP/1.1|Host: a||get / HTTP/1.1|Host: a||"
                    .replace("|", "\r\n"));
            assertEquals(200, wire.answer().status());
            assertEquals("[]", wire.answer().body());
            assertEquals(400, wire.answer().status());
            assertTrue(wire.ended());
        }
    }

    @Test
    void headerWithoutName_isRefused() throws Exception {
        assertEquals(400, send("GET / HTTP/1.1|Host: localhost|: x||").status());
    }

    @ParameterizedTest
    @CsvSource({
        "2|{}xx0||, 400",
        "+2|{}|0||, 400",
        "2;a=b|{}|0||, 400",
        "2|{}|0|Trailer: x||, 400",
        "2|{}|0||, 201",
        "1|{|00001|}|0||, 201",
    })
    void chunks_areTakenOrRefused(String body, int status) throws Exception {
        Answer answer = send(CHUNKED + body);
        assertEquals(status, answer.status(), answer::toString);
        assertEquals(status == 201 ? 1 : 0, SERVICE.documents().countDocuments());
    }

    @Test
    void chunkedBody_andWhatFollowsIt_inOnePiece() throws Exception {
        try (Wire wire = client.wire()) {
            wire.send((CHUNKED + "7|{\"a\":1}|0||" + CHUNKED + "2|{}|0||GET /data?fields=a HTTP/1.1|Host: a||")
                    .replace("|", "\r\n"));
            assertEquals(201, wire.answer().status());
            assertEquals(201, wire.answer().status());
            assertEquals(200, wire.answer().status());
        }
        assertEquals(1, SERVICE.documents().countDocuments(new Document("a", 1)));
    }

    @Test
    void chunkThatArrivesByteByByte_isRead() throws Exception {
        try (Wire wire = client.wire()) {
            for (char c : (CHUNKED + "7|{\"a\":1}|0||").replace("|", "\r\n").toCharArray()) {
                wire.send(String.valueOf(c));
                Thread.sleep(1);
            }
            assertEquals(201, wire.answer().status());
        }
    }
}
