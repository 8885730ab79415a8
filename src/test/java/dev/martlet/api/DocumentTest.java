package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bson.BsonDateTime;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.types.Binary;
import org.bson.types.Decimal128;
import org.bson.types.MaxKey;
import org.bson.types.MinKey;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `GET`, `PUT`, `PATCH` and `DELETE` of `/data/{id}`.
class DocumentTest {

    private static final String MISSING = """
            404 {"type":"about:blank","title":"Not Found","status":404,\
            "detail":"There is no document with the `_id` `a`: GET /data lists what there is."}""";
    private static final String CHANGED = """
            412 {"type":"about:blank","title":"Precondition Failed","status":412,\
            "detail":"The document has another `ETag` than `If-Match` demands: GET it, and try again with its `ETag`."}""";
    private static final String ABSENT = """
            412 {"type":"about:blank","title":"Precondition Failed","status":412,\
            "detail":"There is no document with the `_id` `%s`, but `If-Match` demands one: PUT it without `If-Match` to create it."}""";
    private static final String PRESENT = """
            412 {"type":"about:blank","title":"Precondition Failed","status":412,\
            "detail":"A document with the `_id` `a` exists, which `If-None-Match` forbids: omit `If-None-Match` to change it."}""";

    @RegisterExtension
    static final Service service = Service.with();

    private final Client client = new Client(service::port);

    private String etag() {
        return client.get("/data/a").header("ETag");
    }

    @Test
    void get_answersTheDocumentWithItsETag() {
        client.post("{\"_id\":\"a\",\"n\":1}");

        Answer answer = client.get("/data/a");

        assertEquals("""
                200 {"_id":"a","n":1}""", answer.told());
        assertEquals("application/json", answer.header("Content-Type"));
        assertTrue(answer.header("ETag").matches("\"[A-Za-z0-9_-]{22}\""), answer.header("ETag"));
    }

    @Test
    void get_ofNothingIsNotFound() {
        assertEquals(MISSING, client.get("/data/a").told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/x-ndjson", "application/json;q=0", "image/*"})
    void get_refusesOtherTypesThanJson(String accept) {
        client.put("/data/a", "{}");

        assertEquals(406, client.get("/data/a", "Accept", accept).status());
    }

    @Test
    void get_withTheDocumentsETagIsNotModified() {
        client.put("/data/a", "{}");

        for (String tags : List.of(etag(), "W/" + etag(), "*", "\"x\", " + etag(), "\"x\" ,,W/" + etag() + ",")) {
            Answer answer = client.get("/data/a", "If-None-Match", tags);

            assertEquals("304 ", answer.told(), tags);
            assertEquals(etag(), answer.header("ETag"));
        }
        assertEquals(200, client.get("/data/a", "If-None-Match", "\"x\"").status());
    }

    @Test
    void get_ofNothingIsNotFoundWhateverTheETag() {
        assertEquals(404, client.get("/data/a", "If-None-Match", "*").status());
        assertEquals(404, client.get("/data/a", "If-Match", "*").status());
    }

    @Test
    void get_withAnotherETagInIfMatchIsRefused() {
        client.put("/data/a", "{}");

        assertEquals(CHANGED, client.get("/data/a", "If-Match", "\"x\"").told());
        assertEquals(200, client.get("/data/a", "If-Match", etag()).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "\"abc", "\"a\" \"b", "W/", "*, \"a\"", "w/\"a\""})
    void etag_thatIsNoneIsABadRequest(String tag) {
        client.put("/data/a", "{}");

        assertEquals(
                """
                400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"`If-Match` is `%s`, which is not `*` or a list of entity tags: \
                send the `ETag` as you got it, with its quotes."}""".formatted(tag.replace("\"", "\\\"")),
                client.put("/data/a", "{}", "If-Match", tag).told());
    }

    @Test
    void etag_isOfTheStoredBytes() {
        client.put("/data/a", "{\"n\":1}");
        String one = etag();

        client.put("/data/a", "{ \"n\" : 1 }");
        assertEquals(one, etag());
        client.put("/data/a", "{\"n\":1.0}");
        assertNotEquals(one, etag());
        client.put("/data/a", "{\"n\":1}");
        assertEquals(one, etag());
    }

    @Test
    void etag_needsNoHiddenField() {
        client.post("{\"_id\":\"a\",\"n\":1}");
        client.patch("/data/a", "{\"m\":2}");

        assertEquals(new Document("_id", "a").append("n", 1).append("m", 2), service.document());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "PUT", "PATCH", "DELETE"})
    void parameter_thatIsNone_isRefused(String method) {
        client.put("/data/a", "{}");

        Answer answer = client.send(
                method,
                "/data/a?limit=1",
                "{}",
                "Content-Type",
                method.equals("PATCH") ? Client.MERGE_PATCH : Client.JSON);

        assertEquals(400, answer.status(), answer::toString);
        if (!method.equals("HEAD")) {
            assertEquals("""
                    400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"`limit` is not a parameter here: \
                    omit it, and name the document by its `_id` in the path."}""", answer.told());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "PATCH", "DELETE"})
    void idempotencyKey_isForPostAlone(String method) {
        client.put("/data/a", "{}");

        assertEquals(
                """
                400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"`Idempotency-Key` is for POST alone: omit it, \
                and send `If-Match` or `If-None-Match` if the change must not be made twice."}""",
                client.send(
                                method,
                                "/data/a",
                                "{}",
                                "Idempotency-Key",
                                "k",
                                "Content-Type",
                                method.equals("PATCH") ? Client.MERGE_PATCH : Client.JSON)
                        .told());
    }

    @Test
    void put_creates() {
        Answer answer = client.put("/data/a%20b", "{\"n\":1}");

        assertEquals("""
                201 {"_id":"a b","n":1}""", answer.told());
        assertEquals("/data/a%20b", answer.header("Location"));
        assertEquals(client.get("/data/a%20b").header("ETag"), answer.header("ETag"));
    }

    @Test
    void put_replaces() {
        client.put("/data/a", "{\"n\":1,\"m\":2}");

        Answer answer = client.put("/data/a", "{\"n\":2,\"_id\":\"a\"}");

        assertEquals("""
                200 {"_id":"a","n":2}""", answer.told());
        assertFalse(answer.headers().containsKey("location"));
        assertEquals(etag(), answer.header("ETag"));
    }

    @Test
    void put_cannotChangeTheId() {
        Answer answer = client.put("/data/a", "{\"_id\":\"b\"}");

        assertEquals(422, answer.status(), answer::toString);
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void put_withIfMatchReplacesJustThatDocument() {
        client.put("/data/a", "{\"n\":1}");
        String old = etag();

        assertEquals(200, client.put("/data/a", "{\"n\":2}", "If-Match", old).status());
        assertEquals(
                CHANGED, client.put("/data/a", "{\"n\":3}", "If-Match", old).told());
        assertEquals(
                CHANGED,
                client.put("/data/a", "{\"n\":3}", "If-Match", "W/" + etag()).told());
        assertEquals(
                200,
                client.put("/data/a", "{\"n\":4}", "If-Match", "\"x\"," + etag())
                        .status());
        assertEquals(
                200,
                client.put("/data/a", "{\"n\":5}", "If-Match", "\"x\"", "If-Match", etag())
                        .status());
        assertEquals(200, client.put("/data/a", "{\"n\":6}", "If-Match", "*").status());
        assertEquals(
                ABSENT.formatted("b"),
                client.put("/data/b", "{\"n\":1}", "If-Match", "*").told());
    }

    @Test
    void put_withIfNoneMatchOnlyCreates() {
        assertEquals(
                201, client.put("/data/a", "{\"n\":1}", "If-None-Match", "*").status());
        assertEquals(
                PRESENT,
                client.put("/data/a", "{\"n\":2}", "If-None-Match", "*").told());
        assertEquals(
                PRESENT,
                client.put("/data/a", "{\"n\":2}", "If-None-Match", etag()).told());
        assertEquals(
                200,
                client.put("/data/a", "{\"n\":2}", "If-None-Match", "\"x\"").status());
    }

    @Test
    void patch_merges() {
        client.put(
                "/data/a",
                "{\"title\":\"Goodbye!\",\"author\":{\"givenName\":\"John\",\"familyName\":\"Doe\"},\"tags\":[\"example\",\"sample\"],\"content\":\"This will be unchanged\"}");

        Answer answer = client.patch(
                "/data/a",
                "{\"title\":\"Hello!\",\"phoneNumber\":\"+01-123-456-7890\",\"author\":{\"familyName\":null},\"tags\":[\"example\"]}");

        assertEquals("""
                200 {"_id":"a","title":"Hello!","author":{"givenName":"John"},"tags":["example"],\
                "content":"This will be unchanged","phoneNumber":"+01-123-456-7890"}""", answer.told());
        assertEquals(answer.told(), client.get("/data/a").told());
        assertEquals(etag(), answer.header("ETag"));
    }

    @Test
    void patch_ofNothingIsNotFound() {
        assertEquals(MISSING, client.patch("/data/a", "{\"n\":1}").told());
        assertEquals(
                ABSENT.formatted("a"),
                client.patch("/data/a", "{\"n\":1}", "If-Match", "*").told());
    }

    @Test
    void patch_withIfMatchChangesJustThatDocument() {
        client.put("/data/a", "{\"n\":1}");
        String old = etag();

        assertEquals(200, client.patch("/data/a", "{\"n\":2}", "If-Match", old).status());
        assertEquals(
                CHANGED, client.patch("/data/a", "{\"n\":3}", "If-Match", old).told());
        assertEquals(200, client.patch("/data/a", "{}", "If-Match", etag()).status());
        assertEquals(CHANGED, client.patch("/data/a", "{}", "If-Match", old).told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"_id\":\"b\"}", "{\"_id\":null}", "{\"$set\":{\"n\":1}}", "[]", "1", "null"})
    void patch_thatNoDocumentCanTakeIsRefused(String patch) {
        client.put("/data/a", "{\"n\":1}");

        assertEquals(422, client.patch("/data/a", patch).status());
        assertEquals("""
                200 {"_id":"a","n":1}""", client.get("/data/a").told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json-patch+json", "text/plain"})
    void patch_mustBeAMergePatch(String type) {
        Answer answer = client.send("PATCH", "/data/a", "{}", "Content-Type", type);

        assertEquals("""
                415 {"type":"about:blank","title":"Unsupported Media Type","status":415,"detail":"`Content-Type` is `%s`, which is not supported here: \
                send `Content-Type: application/merge-patch+json`."}""".formatted(type), answer.told());
    }

    @Test
    void delete_removes() {
        client.put("/data/a", "{}");

        assertEquals("204 ", client.delete("/data/a").told());
        assertEquals(MISSING, client.delete("/data/a").told());
    }

    @Test
    void delete_withIfMatchRemovesJustThatDocument() {
        client.put("/data/a", "{\"n\":1}");
        String old = etag();
        client.put("/data/a", "{\"n\":2}");

        assertEquals(CHANGED, client.delete("/data/a", "If-Match", old).told());
        assertEquals(
                CHANGED, client.delete("/data/a", "If-Match", "W/" + etag()).told());
        assertEquals("204 ", client.delete("/data/a", "If-Match", etag()).told());
        assertEquals(
                ABSENT.formatted("a"), client.delete("/data/a", "If-Match", "*").told());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "a b",
                "a/b",
                "/",
                "a%2Fb",
                "%",
                "%41",
                "+",
                "a+b",
                "..",
                ".",
                "../openapi",
                "ü",
                "日本",
                "😀",
                "\0",
                "\n",
                "\"",
                "'",
                "<b>",
                "a;b=c",
                "a?b#c",
                "a&b=c",
                "65F0C0FFEE65F0C0FFEE65F0",
                "\\",
                "~",
                "*",
                "$x",
                "a.b",
                "null",
                "{}",
                "\uFFFD",
                "\u200F",
                "constructor"
            })
    void id_mayBeAnyText(String id) throws Exception {
        String path = "/data/" + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
        String json = "{\"_id\":" + quoted(id) + ",\"n\":1}";

        // A well-behaved client removes `..` even if it is percent-encoded, so these go over the wire.
        try (Wire wire = client.wire()) {
            assertEquals("201 " + json, put(wire, path, "{\"n\":1}").told());
            assertEquals("200 " + json, wire.request("GET", path).answer().told());
            assertEquals(
                    json, wire.request("GET", "/data/" + everyByte(id)).answer().body());
            assertEquals("204 ", wire.request("DELETE", path).answer().told());
            String location = client.post(json).header("Location");
            assertEquals("200 " + json, wire.request("GET", location).answer().told());
        }
        assertEquals(id, service.document().get("_id"));
    }

    private static Answer put(Wire wire, String path, String json) throws Exception {
        return wire.request(
                        "PUT",
                        path,
                        "Content-Type",
                        "application/json",
                        "Content-Length",
                        Integer.toString(json.length()))
                .send(json)
                .answer();
    }

    private static String everyByte(String id) {
        var encoded = new StringBuilder();
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            encoded.append("%%%02x".formatted(b));
        }
        return encoded.toString();
    }

    private static String quoted(String text) {
        return "\""
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\0", "\\u0000") + "\"";
    }

    @ParameterizedTest
    @ValueSource(strings = {"%ff", "%c3", "%c3%28", "%ed%a0%80", "%f4%90%80%80", "\u00ff"})
    void id_thatIsNotUtf8IsABadRequest(String encoded) throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request("GET", "/data/" + encoded).answer();

            assertEquals(400, answer.status(), answer::toString);
        }
    }

    @Test
    void id_ofAnotherTypeThanATextDoesNotConfuse() {
        service.documents().insertOne(new Document("_id", 1).append("n", 1));

        assertEquals(404, client.get("/data/1").status());
        assertEquals(201, client.put("/data/1", "{\"n\":2}").status());
        assertEquals(2, service.documents().countDocuments());
    }

    @Test
    void otherTypes_comeBackAsRelaxedExtendedJson() {
        service.documents()
                .insertOne(new Document("_id", "a")
                        .append("id", new ObjectId("65f0c0ffee65f0c0ffee65f0"))
                        .append("date", Date.from(Instant.parse("2026-11-21T00:00:00.5Z")))
                        .append("old", new BsonDateTime(-1))
                        .append("decimal", Decimal128.parse("1.10"))
                        .append("nan", Double.NaN)
                        .append("binary", new Binary((byte) 0, new byte[] {1, 2, 3}))
                        .append(
                                "regex",
                                java.util.regex.Pattern.compile("^a", java.util.regex.Pattern.CASE_INSENSITIVE))
                        .append("timestamp", new BsonTimestamp(1, 2))
                        .append("min", new MinKey())
                        .append("max", new MaxKey())
                        .append("code", new org.bson.types.Code("f()"))
                        .append(
                                "nested",
                                List.of(
                                        new ObjectId("65f0c0ffee65f0c0ffee65f1"),
                                        List.of(new Document("d", new BsonDateTime(0))))));

        String document = """
                {"_id":"a","id":"65f0c0ffee65f0c0ffee65f0","date":{"$date":"2026-11-21T00:00:00.500Z"},"old":{"$date":{"$numberLong":"-1"}},\
                "decimal":1.10,"nan":{"$numberDouble":"NaN"},"binary":{"$binary":{"base64":"AQID","subType":"00"}},\
                "regex":{"$regularExpression":{"pattern":"^a","options":"i"}},"timestamp":{"$timestamp":{"t":1,"i":2}},\
                "min":{"$minKey":1},"max":{"$maxKey":1},"code":{"$code":"f()"},\
                "nested":["65f0c0ffee65f0c0ffee65f1",[{"d":{"$date":"1970-01-01T00:00:00Z"}}]]}""";
        assertEquals("200 " + document, client.get("/data/a").told());
        assertEquals("200 [" + document + "]", client.get("/data").told());
    }
}
