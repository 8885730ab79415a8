package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The service accepts no long `_id`. It can read documents that other clients of the database stored with one.
class LongIdTest {

    @RegisterExtension
    private static final Service SERVICE = Service.with();

    private static final Pattern NEXT = Pattern.compile("<([^>]*)>; rel=\"next\"");
    private static final Pattern ITEM = Pattern.compile("<([^>]*)>; rel=\"item\"");
    private static final String LONGEST = "é".repeat(512);

    private final Client client = new Client(SERVICE::port);

    private static String link(Pattern pattern, Answer answer) {
        Matcher link = pattern.matcher(answer.header("Link"));
        return link.find() ? link.group(1) : "";
    }

    @Test
    void longestId_isStored_andFoundByItsLocation() {
        Answer stored = client.post("{\"_id\":\"" + LONGEST + "\"}");
        assertEquals(201, stored.status(), stored::toString);
        assertEquals(200, client.get(stored.header("Location")).status());
        assertEquals(201, client.post("{\"_id\":\"~\"}").status());
        assertEquals(
                "[{\"_id\":\"" + LONGEST + "\"}]",
                client.get(link(NEXT, client.get("/data?limit=1"))).body());
        assertEquals(204, client.delete(stored.header("Location")).status());
    }

    @Test
    void longerId_isRefused_whicheverWayItComes() {
        String id = LONGEST + "x";
        String document = "{\"_id\":\"" + id + "\"}";
        assertAll(
                () -> assertEquals("""
                        422 {"type":"about:blank","title":"Unprocessable Content","status":422,\
                        "detail":"The `_id` takes more than 1024 bytes: send a shorter one, for example a hash of it.",\
                        "position":{"line":1,"column":2,"offset":1}}""", client.post(document).told()),
                () -> assertEquals(422, client.post("[" + document + "]").status()),
                () -> assertEquals(
                        422,
                        client.send("POST", "/data", document, "Content-Type", Client.NDJSON)
                                .status()),
                () -> assertEquals(
                        """
                        422 {"type":"about:blank","title":"Unprocessable Content","status":422,\
                        "detail":"The `_id` takes more than 1024 bytes: use a shorter one, for example a hash of it."}""", client.put("/data/" + "x".repeat(1025), "{}").told()));
        assertEquals(0, SERVICE.documents().countDocuments());
    }

    @ParameterizedTest
    @ValueSource(ints = {1025, 5_000, 1_000_000})
    void storedByOthers_isListedReadAndDeleted(int length) {
        String id = "m".repeat(length);
        List<String> ids = List.of("a", id + "1", id + "2", id + "3", "z", "zz");
        ids.forEach(each -> SERVICE.documents().insertOne(new Document("_id", each)));
        for (int limit = 1; limit <= 6; limit++) {
            var seen = new ArrayList<String>();
            for (String page = "/data?limit=" + limit; !page.isEmpty(); ) {
                Answer answer = client.get(page);
                assertEquals(200, answer.status(), answer::toString);
                assertTrue(answer.header("Link").length() < 16_000);
                for (String each : answer.body()
                        .replaceAll("[\\[\\]{}\"]", "")
                        .replace("_id:", "")
                        .split(",", -1)) {
                    seen.add(each);
                }
                page = link(NEXT, answer);
            }
            assertEquals(ids, seen, "limit " + limit);
        }
    }

    @Test
    void pageThatEndsWithOne_linksToIt_toReadAndToDeleteIt() {
        String id = "m".repeat(100_000);
        for (String each : List.of("a", id + "1", id + "2")) {
            SERVICE.documents().insertOne(new Document("_id", each).append("n", 1));
        }
        String filter = "/data?limit=1&filter=%7B%22_id%22%3A%7B%22%24gt%22%3A%22m%22%7D%7D";
        String first = link(ITEM, client.get(filter));
        String last = link(ITEM, client.get("/data?limit=10"));

        Answer read = client.get(first);
        assertEquals("{\"_id\":\"" + id + "1\",\"n\":1}", read.body());
        assertEquals(
                200,
                client.patch(first, "{\"n\":2}", "If-Match", read.header("ETag"))
                        .status());
        assertEquals("{\"_id\":\"" + id + "2\",\"n\":1}", client.get(last).body());
        assertEquals(204, client.delete(first).status());
        assertEquals(404, client.get(first).status());
        assertEquals(404, client.delete(first).status());
        assertEquals(204, client.delete(last).status());
        assertEquals("[{\"_id\":\"a\",\"n\":1}]", client.get("/data").body());
    }

    @Test
    void otherTypes_areReachedTheSameWay() {
        SERVICE.documents().insertOne(new Document("_id", 7));
        String item = link(ITEM, client.get("/data?limit=1"));
        assertEquals("{\"_id\":7}", client.get(item).body());
        assertEquals(204, client.delete(item).status());
        assertEquals(404, client.get(item).status());
    }

    @Test
    void by_isCursorOrNothing() {
        assertEquals(400, client.get("/data/a?by=name").status());
        assertEquals(400, client.get("/data/nonsense?by=cursor").status());
        assertEquals(400, client.put("/data/a?by=cursor", "{}").status());
    }

    @Test
    void idsInMessages_areCut() {
        SERVICE.documents().insertOne(new Document("_id", "y".repeat(1000)));
        assertEquals(
                "A document with the `_id` `" + "y".repeat(80)
                        + "…` exists: replace it with PUT /data/{id}, or omit `_id` to get a new one.",
                client.post("{\"_id\":\"" + "y".repeat(1000) + "\"}").body().replaceAll(".*\"detail\":\"|\"}$", ""));
        assertTrue(client.get("/data/" + "n".repeat(3000)).body().length() < 300);
    }
}
