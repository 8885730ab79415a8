package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// gzip for answers.
class CompressionTest {

    private static final String LARGE = "{\"text\":\"" + "martlet ".repeat(1000) + "\"}";

    @RegisterExtension
    static final Service service = Service.with();

    private final Client client = new Client(service::port);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip | gzip", "x-gzip | gzip", "GZIP | gzip", "gzip;q=0.5 | gzip", "deflate, gzip | gzip", "* | gzip",
                        "br;q=1.0, *;q=0.1 | gzip",
                "identity | ''", "gzip;q=0 | ''", "gzip;q=0.000 | ''", "gzip; q=0, * | ''", "*;q=0 | ''",
                        "deflate, br | ''", "'' | ''"
            })
    void large_isCompressedWhenAskedFor(String accept, String encoding) {
        client.put("/data/a", LARGE);

        Answer answer = client.get("/data/a", "Accept-Encoding", accept);

        assertEquals(encoding, answer.header("Content-Encoding"));
        assertEquals("Accept-Encoding", answer.header("Vary"));
        String body = encoding.isEmpty() ? answer.body() : answer.unzipped();
        assertEquals(LARGE.replace("{", "{\"_id\":\"a\","), body);
        assertTrue(encoding.isEmpty() || answer.bytes().length < 500, "compressed to " + answer.bytes().length);
    }

    @Test
    void small_isNot() {
        client.put("/data/a", "{}");

        assertFalse(client.get("/data/a", "Accept-Encoding", "gzip").headers().containsKey("content-encoding"));
    }

    @Test
    void listing_isCompressedWhileItStreams() {
        service.documents()
                .insertMany(IntStream.range(0, 20_000)
                        .mapToObj(i -> new Document("_id", "d%05d".formatted(i)))
                        .toList());
        String plain = client.get("/data").body();

        Answer json = client.get("/data", "Accept-Encoding", "gzip");
        Answer lines = client.get("/data", "Accept-Encoding", "gzip", "Accept", Client.NDJSON);

        assertEquals("gzip", json.header("Content-Encoding"));
        assertEquals("chunked", json.header("Transfer-Encoding"));
        assertEquals(plain, json.unzipped());
        assertEquals(20_000, lines.unzipped().lines().count());
        assertTrue(json.bytes().length < plain.length() / 3, json.bytes().length + " bytes");
    }

    @Test
    void eTag_ofTheCompressedFormIsAnotherButMeansTheSame() {
        client.put("/data/a", LARGE);
        String plain = client.get("/data/a").header("ETag");
        String zipped = client.get("/data/a", "Accept-Encoding", "gzip").header("ETag");

        assertNotEquals(plain, zipped);
        assertEquals(
                "304 ",
                client.get("/data/a", "If-None-Match", zipped, "Accept-Encoding", "gzip")
                        .told());
        assertEquals("304 ", client.get("/data/a", "If-None-Match", zipped).told());
        assertEquals(
                "304 ",
                client.get("/data/a", "If-None-Match", plain, "Accept-Encoding", "gzip")
                        .told());
        assertEquals(200, client.put("/data/a", LARGE, "If-Match", zipped).status());
        assertEquals(200, client.patch("/data/a", "{}", "If-Match", zipped).status());
        assertEquals(204, client.delete("/data/a", "If-Match", zipped).status());
    }

    @Test
    void head_tellsOfTheCompressedForm() throws Exception {
        client.put("/data/a", LARGE);
        try (Wire wire = client.wire()) {
            Answer get =
                    wire.request("GET", "/data/a", "Accept-Encoding", "gzip").answer();
            Answer head =
                    wire.request("HEAD", "/data/a", "Accept-Encoding", "gzip").head();

            assertEquals("gzip", head.header("Content-Encoding"));
            assertEquals(get.header("Content-Length"), head.header("Content-Length"));
            assertEquals(get.header("ETag"), head.header("ETag"));
            assertEquals(
                    200,
                    wire.request("HEAD", "/data", "Accept-Encoding", "gzip")
                            .head()
                            .status());
            assertEquals(200, wire.request("GET", "/").answer().status());
        }
    }

    @Test
    void problem_isCompressedLikeAnyAnswer() {
        Answer answer =
                client.get("/data?filter=%7B%22%24" + "x".repeat(2000) + "%22%3A1%7D", "Accept-Encoding", "gzip");

        assertEquals(400, answer.status());
        assertTrue(
                answer.unzipped().startsWith("{\"type\":\"about:blank\",\"title\":\"Bad Request\""), answer.unzipped());
    }
}
