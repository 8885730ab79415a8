package dev.martlet.api;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `POST /data` with one document per line.
class NdjsonTest {

    @RegisterExtension
    static final Service service = Service.with("MAX_BODY_BYTES", "1000");

    private final Client client = new Client(service::port);

    private Answer upload(String lines) {
        return client.send("POST", "/data", lines, "Content-Type", Client.NDJSON);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"_id\":\"a\"}\n{\"_id\":\"b\"}\n",
                "{\"_id\":\"a\"}\n{\"_id\":\"b\"}",
                "\n{\"_id\":\"a\"}\r\n  \n{\"_id\":\"b\"}\r\n\n"
            })
    void lines_areInserted(String lines) {
        assertEquals("""
                201 {"status":"Data inserted","inserted":2,"refused":0,"errors":[]}""", upload(lines).told());
        assertEquals("""
                [{"_id":"a"},{"_id":"b"}]""", client.get("/data").body());
    }

    @Test
    void lines_mayBeNone() {
        assertEquals("""
                201 {"status":"Data inserted","inserted":0,"refused":0,"errors":[]}""", upload("\n").told());
    }

    @Test
    void refusedLines_areNamedAndGoodOnesKept() {
        client.post("{\"_id\":\"taken\"}");

        Answer answer = upload("""
                {"_id":"a"}
                {"n":}
                {"_id":"taken"}

                {"n":1,"n":2}
                {"_id":"b"}{"_id":"c"}
                %s
                [{"_id":"d"}]
                {"_id":"e"}
                {"_id":"a"}
                """.formatted("{\"t\":\"" + "x".repeat(1000) + "\"}"));

        assertEquals("""
                201 {"status":"Data inserted","inserted":2,"refused":7,"errors":[\
                {"line":2,"type":"about:blank","title":"Bad Request","status":400,"detail":"Expected a value, found `}`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null.","position":{"line":1,"column":6,"offset":5}},\
                {"line":3,"type":"about:blank","title":"Conflict","status":409,"detail":"A document with the `_id` `taken` exists: replace it with PUT /data/{id}, or omit `_id` to get a new one."},\
                {"line":5,"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"The name `n` appears twice in one object: give each name once.",\
                "position":{"line":1,"column":8,"offset":7}},\
                {"line":6,"type":"about:blank","title":"Bad Request","status":400,"detail":"Expected nothing after the value, found `{`.","position":{"line":1,"column":12,"offset":11}},\
                {"line":7,"type":"about:blank","title":"Content Too Large","status":413,"detail":"The line exceeds 1000 bytes: send a smaller document."},\
                {"line":8,"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"The document is not an object: send { … }.","position":{"line":1,"column":1,"offset":0}},\
                {"line":10,"type":"about:blank","title":"Conflict","status":409,"detail":"A document with the `_id` `a` exists: replace it with PUT /data/{id}, or omit `_id` to get a new one."}]}""", answer.told());
        assertEquals("""
                [{"_id":"a"},{"_id":"e"},{"_id":"taken"}]""", client.get("/data").body());
    }

    @Test
    void lines_allRefusedAreUnprocessable() {
        assertEquals("""
                422 {"status":"Nothing inserted","inserted":0,"refused":1,"errors":[{"line":1,"type":"about:blank","title":"Bad Request","status":400,\
                "detail":"Expected a value, found `x`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null.","position":{"line":1,"column":1,"offset":0}}]}""", upload("x\n").told());
    }

    @Test
    void refusedLines_beyond64KibibytesAreOnlyCounted() {
        Answer answer = upload("x\n".repeat(3000) + "{}\n");

        assertEquals(201, answer.status());
        assertEquals(1, answer.json().getInt32("inserted").getValue());
        assertEquals(3000, answer.json().getInt32("refused").getValue());
        assertTrue(answer.body().length() > 64_000 && answer.body().length() < 67_000);
    }

    @Test
    void lines_mayBeChunked() {
        var chunked = BodyPublishers.fromPublisher(BodyPublishers.ofString("{\"n\":1}\n".repeat(5000)));

        assertEquals(
                """
                201 {"status":"Data inserted","inserted":5000,"refused":0,"errors":[]}""",
                client.send("POST", "/data", chunked, "Content-Type", Client.NDJSON)
                        .told());
        assertEquals(5000, service.documents().countDocuments());
    }

    @Test
    void lines_haveTheLimitOfADocument() {
        String line = "{\"t\":\"%s\"}";

        assertEquals(
                1,
                upload(line.formatted("x".repeat(1000 - 8)))
                        .json()
                        .getInt32("inserted")
                        .getValue());
        assertEquals(
                1,
                upload(line.formatted("x".repeat(1000 - 8)) + "\r\n")
                        .json()
                        .getInt32("inserted")
                        .getValue());
        assertEquals(
                1,
                upload(line.formatted("x".repeat(1000 - 7)))
                        .json()
                        .getInt32("refused")
                        .getValue());
    }

    @Test
    void idempotencyKey_isRefused() {
        assertEquals(
                """
                400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"`Idempotency-Key` works for JSON, not for a stream: \
                give each line an `_id` instead, so that a line that is sent again is refused as taken."}""",
                client.send("POST", "/data", "{}\n", "Content-Type", Client.NDJSON, "Idempotency-Key", "a")
                        .told());
    }

    private static void awaitDocuments(int atLeast) throws Exception {
        eventually(
                Duration.ofSeconds(10),
                () -> assertTrue(service.documents().countDocuments() >= atLeast, "they are not stored"));
    }

    @Test
    void client_thatBreaksOffLeavesWhatWasStored() throws Exception {
        try (Wire wire = client.wire()) {
            wire.request("POST", "/data", "Content-Type", Client.NDJSON, "Transfer-Encoding", "chunked");
            for (int i = 0; i < 25; i++) {
                String lines = "{\"n\":1}\n".repeat(100);
                wire.send(Integer.toHexString(lines.length()) + "\r\n" + lines + "\r\n");
            }
            // Two batches of a thousand are stored while the upload goes on.
            awaitDocuments(2000);
            wire.reset();
        }
        assertEquals(200, client.get("/data?limit=1").status());
    }

    @Test
    void otherClients_seeLinesWhileTheUploadGoesOn() throws Exception {
        try (Wire wire = client.wire()) {
            String lines = "{\"n\":1}\n".repeat(1000);
            wire.request(
                    "POST",
                    "/data",
                    "Content-Type",
                    Client.NDJSON,
                    "Content-Length",
                    Integer.toString(2 * lines.length()));
            wire.send(lines);
            awaitDocuments(1000);
            assertEquals("""
                    201 {"status":"Data inserted","inserted":2000,"refused":0,"errors":[]}""", wire.send(lines).answer().told());
        }
    }
}
