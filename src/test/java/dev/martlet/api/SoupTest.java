package dev.martlet.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/// Whatever a client sends, the answer is 2xx or 4xx. It is never 5xx, and never missing. A try is up to ten
/// requests, so there are few here. Raise the number to 100000 for a run of half an hour.
@PropertyDefaults(tries = 150, edgeCases = EdgeCasesMode.NONE)
class SoupTest {

    private static final Service SERVICE = Service.with();
    private static final Client CLIENT = new Client(SERVICE::port);

    /// Pieces of documents and filters, so that the soup gets beyond the first byte.
    private static final List<String> INGREDIENTS = List.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"a\"",
            "\"_id\"",
            "\"a\":",
            "\"_id\":",
            "{\"a\":",
            "[{",
            "}]",
            "1",
            "-0",
            "0.1",
            "1e400",
            "1e7000",
            "12345678901234567890",
            "true",
            "null",
            "\\u0000",
            "\\ud800",
            "\\n",
            "\n",
            "\r\n",
            " ",
            "\0",
            "\u00ff",
            "😀",
            "\uFEFF",
            "x",
            "$",
            "\"$set\":",
            "\"$oid\":",
            "\"65f0c0ffee65f0c0ffee65f0\"",
            "\"$gt\":",
            "\"$in\":[",
            "\"$or\":[{",
            "\"$not\":{",
            "\"$regex\":\"(a+\"",
            "\"$elemMatch\":{",
            "\"$type\":\"int\"",
            "\"$size\":",
            "\"$exists\":",
            "\"$mod\":[2,0]",
            "\"$date\":\"2026-01-01T00:00:00Z\"",
            "\"$where\":",
            "{}",
            "[]",
            "\"a.b\":",
            "\"\":",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");

    @BeforeContainer
    static void start() throws Exception {
        SERVICE.start();
        CLIENT.put("/data/a", "{\"a\":[1,\"x\",{\"b\":2}]}");
    }

    @AfterContainer
    static void stop() {
        SERVICE.close();
    }

    @Provide
    Arbitrary<byte[]> bytes() {
        return Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(200),
                texts().map(text -> text.getBytes(UTF_8)),
                // Cut anywhere, even inside a character.
                texts().map(text ->
                        java.util.Arrays.copyOf(text.getBytes(UTF_8), Math.max(0, text.getBytes(UTF_8).length - 1))));
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(INGREDIENTS).list().ofMaxSize(25).map(parts -> String.join("", parts));
    }

    private static void assertAnswered(Answer answer) {
        assertTrue(answer.status() < 500, answer::toString);
        assertTrue(
                answer.status() < 400
                        || answer.header("Content-Type").equals("application/problem+json")
                        || answer.status() == 422,
                answer::toString);
    }

    @Property
    void body_ofAnyBytesIsAnswered(@ForAll("bytes") byte[] body) {
        assertAnswered(CLIENT.send("POST", "/data", body, "Content-Type", Client.JSON));
        assertAnswered(CLIENT.send("POST", "/data", array(body), "Content-Type", Client.JSON));
        assertAnswered(CLIENT.send("POST", "/data", body, "Content-Type", Client.NDJSON));
        assertAnswered(CLIENT.send("PUT", "/data/a", body, "Content-Type", Client.JSON));
        assertAnswered(CLIENT.send("PATCH", "/data/a", body, "Content-Type", Client.MERGE_PATCH));
        assertAnswered(CLIENT.get("/data/a"));
        assertAnswered(CLIENT.get("/data?limit=3"));
    }

    private static byte[] array(byte[] body) {
        var array = new ByteArrayOutputStream();
        array.write('[');
        array.writeBytes(body);
        array.write(']');
        return array.toByteArray();
    }

    @Property
    void filter_ofAnyTextIsAnswered(@ForAll("texts") String filter) {
        assertAnswered(CLIENT.get("/data?limit=3&filter=" + URLEncoder.encode(filter, UTF_8)));
        assertAnswered(CLIENT.get("/data?limit=3&filter=" + URLEncoder.encode("{\"a\":" + filter + "}", UTF_8)));
        assertAnswered(CLIENT.get("/data?limit=3&filter=" + URLEncoder.encode("{\"a\":{" + filter + "}}", UTF_8)));
    }

    @Property
    void query_ofAnyBytesIsAnswered(@ForAll("bytes") byte[] bytes, @ForAll boolean raw) throws Exception {
        String text = raw
                ? new String(bytes, ISO_8859_1).replaceAll("[\r\n ]", "")
                : URLEncoder.encode(new String(bytes, ISO_8859_1), ISO_8859_1);
        try (Wire wire = CLIENT.wire()) {
            for (String parameter : List.of("limit", "after", "cursor", "sort", "fields", "filter", "")) {
                Answer answer = wire.request("GET", "/data?limit=1&" + parameter + "=" + text)
                        .answer();
                assertAnswered(answer);
                if (answer.header("Connection").equals("close")) {
                    return;
                }
            }
        }
    }

    @Property
    void header_ofAnyTextIsAnswered(@ForAll("texts") String text) throws Exception {
        String value = text.replaceAll("[^ -~]", "");
        try (Wire wire = CLIENT.wire()) {
            for (String header : List.of(
                    "Accept",
                    "Accept-Encoding",
                    "If-Match",
                    "If-None-Match",
                    "X-Request-Id",
                    "Authorization",
                    "Range",
                    "Idempotency-Key",
                    "Content-Type",
                    "Expect")) {
                Answer answer = wire.request("GET", "/data/a", header, value).answer();
                assertAnswered(answer);
                if (answer.header("Connection").equals("close")) {
                    return;
                }
            }
            assertAnswered(wire.request(
                            "POST",
                            "/data",
                            "Content-Type",
                            Client.JSON,
                            "Idempotency-Key",
                            value,
                            "Content-Length",
                            "2")
                    .send("{}")
                    .answer());
        }
    }

    @Property
    void id_ofAnyTextNamesTheDocument(@ForAll String id) throws Exception {
        if (id.isEmpty() || !new String(id.getBytes(UTF_8), UTF_8).equals(id) || id.length() > 300) {
            return;
        }
        String path = "/data/" + URLEncoder.encode(id, UTF_8).replace("+", "%20");
        try (Wire wire = CLIENT.wire()) {
            Answer created = wire.request("PUT", path, "Content-Type", Client.JSON, "Content-Length", "2")
                    .send("{}")
                    .answer();
            assertEquals(201, created.status(), created::toString);
            assertEquals(id, created.text("_id"));
            assertEquals(created.body(), wire.request("GET", path).answer().body());
            assertEquals(
                    204,
                    wire.request("DELETE", created.header("Location")).answer().status());
        }
    }
}
