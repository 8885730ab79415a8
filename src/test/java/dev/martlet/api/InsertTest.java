package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `POST /data` with an object or an array.
class InsertTest {

    private static final int MAX_BODY_BYTES = 2000;

    @RegisterExtension
    static final Service service = Service.with("MAX_BODY_BYTES", Integer.toString(MAX_BODY_BYTES));

    private final Client client = new Client(service::port);

    @Test
    void object_isInserted() {
        Answer answer = client.post("{\"name\":\"Ada\",\"age\":36}");

        String id = answer.text("id");
        assertTrue(id.matches("[0-9a-f]{24}"), id);
        assertEquals("""
                201 {"status":"Data inserted","id":"%s"}""".formatted(id), answer.told());
        assertEquals("application/json", answer.header("Content-Type"));
        assertEquals("/data/" + id, answer.header("Location"));
        Answer stored = client.get("/data/" + id);
        assertEquals("""
                200 {"_id":"%s","name":"Ada","age":36}""".formatted(id), stored.told());
        assertEquals(stored.header("ETag"), answer.header("ETag"));
    }

    /// The expected answers are written by hand: the same value, perhaps in other digits.
    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~', nullValues = "the same", textBlock = """
            {"a":0,"b":-1,"c":9223372036854775807};                           the same
            {"a":0.1,"b":1.5,"c":3.141592653589793238462643383279503};        the same
            {"a":12345678901234567890};                                       {"a":1.234567890123456789E+19}
            {"a":-0,"b":1.0,"c":1.10,"d":1E+2,"e":1e-7};                      {"a":-0.0,"b":1.0,"c":1.1,"d":100.0,"e":1.0E-7}
            {"a.b":1,"":2,"c":{"$date":"x","$oid":{"$numberLong":"1"}}};      the same
            {"a":"\\u00e4 \\ud83d\\ude00","b":"\\u0000\\u0008\\t"};              {"a":"ä 😀","b":"\\u0000\\b\\t"}
            {"a":"\\" \\\\ \\/ /"};                                           {"a":"\\" \\\\ / /"}
            {"a":[[],{},null,true,false,[1,[2]]]};                            the same
            """)
    void object_comesBackAsItWasSent(String sent, @Nullable String other) {
        Answer answer = client.post(sent);

        String told = other == null ? sent : other;
        assertEquals(201, answer.status(), answer::toString);
        assertEquals(
                "200 {\"_id\":\"" + answer.text("id") + "\"," + told.substring(1),
                client.get(answer.header("Location")).told());
    }

    @Test
    void object_mayBeEmpty() {
        Answer answer = client.post("{}");

        assertEquals(
                """
                200 {"_id":"%s"}""".formatted(answer.text("id")),
                client.get(answer.header("Location")).told());
    }

    @Test
    void id_mayBeGivenAsText() {
        Answer answer = client.post("{\"n\":1,\"_id\":\"my id/1\"}");

        assertEquals("""
                201 {"status":"Data inserted","id":"my id/1"}""", answer.told());
        assertEquals("/data/my%20id%2F1", answer.header("Location"));
        assertEquals("""
                200 {"_id":"my id/1","n":1}""", client.get("/data/my%20id%2F1").told());
    }

    @Test
    void id_of24HexDigitsIsAnObjectId() {
        client.post("{\"_id\":\"65f0c0ffee65f0c0ffee65f0\"}");

        assertEquals(
                new org.bson.types.ObjectId("65f0c0ffee65f0c0ffee65f0"),
                service.document().get("_id"));
        assertEquals("""
                200 {"_id":"65f0c0ffee65f0c0ffee65f0"}""", client.get("/data/65f0c0ffee65f0c0ffee65f0").told());
    }

    @Test
    void id_thatIsTakenIsAConflict() {
        client.post("{\"_id\":\"a\",\"n\":1}");

        Answer answer = client.post("{\"_id\":\"a\",\"n\":2}");

        assertEquals("""
                409 {"type":"about:blank","title":"Conflict","status":409,"detail":"A document with the `_id` `a` exists: \
                replace it with PUT /data/{id}, or omit `_id` to get a new one."}""", answer.told());
        assertEquals("""
                200 {"_id":"a","n":1}""", client.get("/data/a").told());
    }

    @Test
    void array_isInserted() {
        Answer answer = client.post(" [{\"_id\":\"a\",\"n\":1},{\"n\":2},\n{\"_id\":\"c\"}] ");

        String made = answer.json().getArray("ids").get(1).asString().getValue();
        assertEquals("""
                201 {"status":"Data inserted","inserted":3,"ids":["a","%s","c"]}""".formatted(made), answer.told());
        assertEquals("""
                200 {"_id":"%s","n":2}""".formatted(made), client.get("/data/" + made).told());
    }

    @Test
    void array_keepsItsOrder() {
        client.post("[" + "{\"n\":1},".repeat(2000) + "{\"n\":2}]");

        List<Integer> stored = service.documents()
                .find()
                .sort(new org.bson.Document("_id", 1))
                .map(d -> d.getInteger("n"))
                .into(new java.util.ArrayList<>());
        assertEquals(2001, stored.size());
        assertEquals(2, stored.getLast());
    }

    @Test
    void array_mayBeEmpty() {
        assertEquals("""
                201 {"status":"Data inserted","inserted":0,"ids":[]}""", client.post("[]").told());
    }

    @Test
    void array_isValidatedBeforeAnythingIsInserted() {
        Answer answer = client.post("[{\"n\":1},\n {\"n\":1e}]");

        assertEquals("""
                400 {"type":"about:blank","title":"Bad Request","status":400,\
                "detail":"In array element 1 (the first is 0): expected a digit, found `}`.","position":{"line":2,"column":9,"offset":18}}""", answer.told());
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void array_withATakenIdInsertsNothing() {
        client.post("{\"_id\":\"a\"}");

        Answer answer = client.post("[{\"n\":1},{\"_id\":\"a\"}]");

        assertEquals("""
                409 {"type":"about:blank","title":"Conflict","status":409,\
                "detail":"In array element 1 (the first is 0): a document with the `_id` `a` exists: \
                replace it with PUT /data/{id}, or omit `_id` to get a new one.","inserted":0}""", answer.told());
        assertEquals(1, service.documents().countDocuments());
    }

    @Test
    void array_withOneIdTwiceInsertsNothing() {
        Answer answer = client.post("[{\"_id\":\"a\"},{\"_id\":\"a\",\"n\":1}]");

        assertEquals("""
                422 {"type":"about:blank","title":"Unprocessable Content","status":422,\
                "detail":"Two documents of the array have the `_id` `a`: give each its own."}""", answer.told());
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void array_holdsMoreThanADocumentMay() {
        Answer answer = client.post(
                "[" + "{\"text\":\"%s\"},".formatted("x".repeat(1500)).repeat(100) + "{}]");

        assertEquals(201, answer.status());
        assertEquals(101, answer.json().getInt32("inserted").getValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "400 | {\"a\":}              | Expected a value, found `}`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null. | 1 | 6 | 5",
                "400 | {\"a\":NaN}           | Expected a value, found `NaN`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null. | 1 | 6 | 5",
                "400 | {'a':1}             | Expected a member name in double quotes, found `'`: write it as in {\"name\": 1}, without a comma after the last. | 1 | 2 | 1",
                "400 | {`a`:1}             | Expected a member name in double quotes, found a backtick: write it as in {\"name\": 1}, without a comma after the last. | 1 | 2 | 1",
                "422 | 42                  | The document is not an object: send { … }. | 1 | 1 | 0",
                "400 | {\"a\":1} x           | Expected nothing after the value, found `x`. | 1 | 9 | 8",
                "422 | {\"a\":1,\"a\":2}     | The name `a` appears twice in one object: give each name once. | 1 | 8 | 7",
                "422 | {\"_id\":1}           | The `_id` is not a string: send a string, or omit it to get a new one. | 1 | 8 | 7",
                "422 | {\"a\":1e6145}        | A number has more than 34 digits or an exponent beyond ±6144: send it as a string. | 1 | 6 | 5",
            })
    void refusal_namesThePositionAndTheCure(int status, String json, String detail, int line, int column, int offset) {
        assertEquals(
                """
                %d {"type":"about:blank","title":"%s","status":%d,"detail":"%s","position":{"line":%d,"column":%d,"offset":%d}}""".formatted(
                                status,
                                status == 400 ? "Bad Request" : "Unprocessable Content",
                                status,
                                detail.replace("\\", "\\\\").replace("\"", "\\\""),
                                line,
                                column,
                                offset),
                client.post(json).told());
        assertEquals(0, service.documents().countDocuments());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "400 | {", "400 | nul", "400 | NaN", "400 | {\"a\":01}", "400 | {\"a\":1,}", "400 | {a:1}",
                        "400 | /**/{}",
                "422 | {\"a\":\"\\ud800\"}", "422 | {\"a\\u0000\":1}", "422 | {\"$set\":1}", "422 | 1",
                        "422 | \"text\"", "422 | null", "422 | true"
            })
    void refusal_saysWhetherItIsJson(int status, String json) {
        assertEquals(status, client.post(json).status());
        assertEquals(status, client.put("/data/a", json).status());
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void refusal_isAProblem() {
        assertEquals("application/problem+json", client.post("x").header("Content-Type"));
    }

    @Test
    void body_thatIsEmptyIsNotJson() {
        Answer answer = client.post("");

        assertEquals("""
                400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"The body is empty: send { … }.",\
                "position":{"line":1,"column":1,"offset":0}}""", answer.told());
    }

    /// What would be ignored, although the client relies on it.
    @ParameterizedTest
    @ValueSource(strings = {Client.JSON, Client.NDJSON})
    void header_orParameterOfOtherRequests_isRefused(String type) {
        assertAll(
                () -> assertEquals(
                        """
                        400 {"type":"about:blank","title":"Bad Request","status":400,\
                        "detail":"`foo` is not a parameter here: omit it."}""",
                        client.send("POST", "/data?foo=1", "{}", "Content-Type", type)
                                .told()),
                () -> assertEquals(
                        """
                        400 {"type":"about:blank","title":"Bad Request","status":400,\
                        "detail":"`If-Match` is not allowed for POST: omit it, or PUT the document to /data/{id} with it."}""",
                        client.send("POST", "/data", "{}", "Content-Type", type, "If-Match", "\"a\"")
                                .told()),
                () -> assertEquals(
                        """
                        400 {"type":"about:blank","title":"Bad Request","status":400,\
                        "detail":"`If-None-Match` is not allowed for POST: omit it, or PUT the document to /data/{id} with it."}""",
                        client.send("POST", "/data", "{}", "Content-Type", type, "If-None-Match", "*")
                                .told()));
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void array_beyondItsLimit_isSentAsLines() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request(
                            "POST", "/data", "Content-Type", "application/json", "Content-Length", "99999999")
                    .answer();

            assertEquals("""
                    413 {"type":"about:blank","title":"Content Too Large","status":413,"detail":"The body exceeds 16777216 bytes: \
                    send less, or an array as `application/x-ndjson`, whose length has no limit."}""", answer.told());
        }
    }

    @Test
    void body_mustHaveALength() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request("POST", "/data", "Content-Type", "application/json")
                    .answer();

            assertEquals("""
                    411 {"type":"about:blank","title":"Length Required","status":411,\
                    "detail":"The request has no body: send one, with `Content-Length` or in chunks."}""", answer.told());
        }
    }

    @Test
    void body_mayBeChunked() {
        var chunked = BodyPublishers.fromPublisher(BodyPublishers.ofString("{\"_id\":\"a\"}"));

        assertEquals(
                201,
                client.send("POST", "/data", chunked, "Content-Type", "application/json")
                        .status());
    }

    private static String document(int bytes) {
        return "{\"_id\":\"a\",\"t\":\"" + "x".repeat(bytes - 18) + "\"}";
    }

    @Test
    void body_mayHaveJustTheLimit() {
        assertEquals(201, client.post(document(MAX_BODY_BYTES)).status());
        assertEquals(200, client.put("/data/a", document(MAX_BODY_BYTES)).status());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void body_beyondTheLimitIsTooLarge(boolean chunked) {
        byte[] body = document(MAX_BODY_BYTES + 1).getBytes(StandardCharsets.US_ASCII);
        for (String target : List.of("POST /data", "PUT /data/a", "PATCH /data/a")) {
            String[] at = target.split(" ", -1);
            var publisher = chunked
                    ? BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body))
                    : BodyPublishers.ofByteArray(body);
            Answer answer = client.send(
                    at[0], at[1], publisher, "Content-Type", at[0].equals("PATCH") ? Client.MERGE_PATCH : Client.JSON);

            assertEquals("""
                    413 {"type":"about:blank","title":"Content Too Large","status":413,"detail":"The body exceeds 2000 bytes: \
                    send a smaller document, or raise `MAX_BODY_BYTES`."}""", answer.told(), target);
        }
    }

    @Test
    void body_beyondTheLimitIsRefusedBeforeItIsSent() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request(
                            "POST", "/data", "Content-Type", "application/json", "Content-Length", "999999999999")
                    .answer();

            assertEquals(413, answer.status());
            assertEquals("close", answer.header("Connection"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "APPLICATION/JSON",
                "application/json; charset=utf-8",
                "application/json;charset=\"UTF-8\"",
                "application/json; x=y"
            })
    void contentType_maySayJson(String type) {
        assertEquals(
                201, client.send("POST", "/data", "{}", "Content-Type", type).status());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/jsonx",
                "application/merge-patch+json",
                "json",
                "application/json; charset=latin1",
                "application/json, text/plain",
                "/",
                ";"
            })
    void contentType_mustSayJson(String type) {
        Answer answer = client.send("POST", "/data", "{}", "Content-Type", type);

        assertEquals(415, answer.status(), answer::toString);
        assertEquals("application/problem+json", answer.header("Content-Type"));
    }

    @Test
    void contentType_mustBeGiven() {
        assertEquals("""
                415 {"type":"about:blank","title":"Unsupported Media Type","status":415,"detail":"No `Content-Type` is given: \
                send `Content-Type: application/json`, or `application/x-ndjson` for one document a line."}""", client.send("POST", "/data", "{}").told());
    }

    @Test
    void expectContinue_isAnsweredBeforeTheBody() throws Exception {
        try (Wire wire = client.wire()) {
            wire.request(
                    "POST",
                    "/data",
                    "Content-Type",
                    "application/json",
                    "Content-Length",
                    "11",
                    "Expect",
                    "100-continue");
            assertEquals(100, wire.answer().status());
            assertEquals("""
                    201 {"status":"Data inserted","id":"a"}""", wire.send("{\"_id\":\"a\"}").answer().told());
        }
    }

    @Test
    void contentEncoding_isUnsupported() {
        Answer answer =
                client.send("POST", "/data", "{}", "Content-Type", "application/json", "Content-Encoding", "gzip");

        assertEquals("""
                415 {"type":"about:blank","title":"Unsupported Media Type","status":415,\
                "detail":"`Content-Encoding` is `gzip`, which is not supported: send the body as it is."}""", answer.told());
    }

    @Test
    void expectContinue_isRefusedWithoutTheBody() throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request(
                            "POST",
                            "/data",
                            "Content-Type",
                            "text/plain",
                            "Content-Length",
                            "11",
                            "Expect",
                            "100-continue")
                    .answer();

            assertEquals(415, answer.status());
            // The server cannot know whether the body comes after all.
            assertEquals("close", answer.header("Connection"));
            assertTrue(wire.ended());
        }
    }

    @Test
    void body_beyondTheLimitIsAnsweredAlthoughItIsBeingSent() {
        // A server that closes while bytes are still coming resets the connection. Then the client never sees the
        // answer.
        byte[] body = new byte[20 << 20];
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    413,
                    client.send("POST", "/data", body, "Content-Type", "application/json")
                            .status());
            assertEquals(
                    413,
                    client.send("PUT", "/data/a", body, "Content-Type", "application/json")
                            .status());
            assertEquals(
                    415,
                    client.send("POST", "/data", body, "Content-Type", "text/plain")
                            .status());
            assertEquals(405, client.send("DELETE", "/data", body).status());
        }
    }
}
