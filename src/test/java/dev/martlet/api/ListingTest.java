package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.model.Filters;
import dev.martlet.Service;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.types.Binary;
import org.bson.types.MaxKey;
import org.bson.types.MinKey;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `GET /data`.
class ListingTest {

    private static final Pattern NEXT = Pattern.compile("<([^>]*)>; rel=\"next\"");

    @RegisterExtension
    static final Service service = Service.with();

    private final Client client = new Client(service::port);

    private void given(Document... documents) {
        service.documents().insertMany(List.of(documents));
    }

    private static Document person(String name, int age) {
        return new Document("_id", name)
                .append("age", age)
                .append("address", new Document("city", age % 2 == 0 ? "Ulm" : "Bonn"));
    }

    private static String query(String... parameters) {
        var query = new StringBuilder();
        for (int i = 0; i < parameters.length; i += 2) {
            query.append(i == 0 ? '?' : '&')
                    .append(parameters[i])
                    .append('=')
                    .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8)
                            .replace("+", "%20"));
        }
        return "/data" + query;
    }

    private String ids(String... parameters) {
        return idsOf(client.get(query(parameters)));
    }

    private static String idsOf(Answer answer) {
        assertEquals(200, answer.status(), answer::toString);
        var ids = new ArrayList<String>();
        Matcher id = Pattern.compile("\"_id\":(\"[^\"]*\"|[^,}]*)").matcher(answer.body());
        while (id.find()) {
            ids.add(id.group(1).replace("\"", ""));
        }
        return String.join(" ", ids);
    }

    @Test
    void list_isAnArrayInOrderOfIds() {
        given(person("b", 2), person("a", 1));

        Answer answer = client.get("/data");

        assertEquals("""
                200 [{"_id":"a","age":1,"address":{"city":"Bonn"}},{"_id":"b","age":2,"address":{"city":"Ulm"}}]""", answer.told());
        assertEquals("application/json", answer.header("Content-Type"));
    }

    @Test
    void list_ofNothingIsAnEmptyArray() {
        assertEquals("200 []", client.get("/data").told());
        assertEquals("200 ", client.get("/data", "Accept", Client.NDJSON).told());
        assertEquals("200 []", client.get("/data?limit=5").told());
    }

    @Test
    void list_isALineEachWhenAsked() {
        given(person("b", 2), person("a", 1));

        Answer answer = client.get("/data", "Accept", Client.NDJSON);

        assertEquals("""
                200 {"_id":"a","age":1,"address":{"city":"Bonn"}}
                {"_id":"b","age":2,"address":{"city":"Ulm"}}
                """, answer.told());
        assertEquals("application/x-ndjson", answer.header("Content-Type"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/*                                                | application/json",
                "application/*                                      | application/json",
                "application/json, application/x-ndjson             | application/json",
                "application/x-ndjson, application/json             | application/json",
                "application/json;q=0.5, application/x-ndjson       | application/x-ndjson",
                "application/json;q=0.5, application/x-ndjson;q=0.4 | application/json",
                "application/json;q=0, */*                          | application/x-ndjson",
                "application/json;q=0.0, application/*;q=0.1        | application/x-ndjson",
                "text/html, */*;q=0.1                               | application/json",
                "APPLICATION/X-NDJSON                               | application/x-ndjson",
            })
    void accept_decidesByWeight(String accept, String type) {
        assertEquals(type, client.get("/data", "Accept", accept).header("Content-Type"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "application/xml",
                "application/json;q=0",
                "application/json;q=0, application/x-ndjson;q=0.000"
            })
    void accept_ofNothingThatIsOfferedIsNotAcceptable(String accept) {
        assertEquals("""
                406 {"type":"about:blank","title":"Not Acceptable","status":406,"detail":"None of the media types in `Accept` is offered: \
                ask for `application/json`, `application/x-ndjson` or `text/event-stream`."}""", client.get("/data", "Accept", accept).told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "a/b/c", ";q=1", "application/json;q=x", "application/json;q=2", ",", "*"})
    void accept_thatIsNoneIsTheClientsMistake(String accept) {
        int status = client.get("/data", "Accept", accept).status();

        assertTrue(status == 200 || status == 400 || status == 406, "status " + status);
    }

    @Test
    void page_linksToTheNextWhileThereIsMore() {
        given(IntStream.range(0, 5).mapToObj(i -> new Document("_id", "d" + i)).toArray(Document[]::new));

        Answer first = client.get("/data?limit=2");
        assertEquals("""
                200 [{"_id":"d0"},{"_id":"d1"}]""", first.told());
        assertEquals("</data?limit=2&after=d1>; rel=\"next\"", first.header("Link"));
        Answer second = client.get("/data?limit=2&after=d1");
        assertEquals("""
                200 [{"_id":"d2"},{"_id":"d3"}]""", second.told());
        assertEquals("</data?limit=2&after=d3>; rel=\"next\"", second.header("Link"));
        Answer third = client.get("/data?limit=2&after=d3");
        assertEquals("""
                200 [{"_id":"d4"}]""", third.told());
        assertFalse(third.headers().containsKey("link"));
        assertFalse(client.get("/data?limit=5").headers().containsKey("link"));
    }

    @Test
    void page_keepsFilterAndFieldsInItsLink() {
        given(IntStream.range(0, 20)
                .mapToObj(i -> person("p %d/é".formatted(i), i))
                .toArray(Document[]::new));

        Answer page = client.get(query("limit", "3", "filter", "{\"age\":{\"$gte\":10}}", "fields", "age"));

        assertEquals("""
                200 [{"_id":"p 10/é","age":10},{"_id":"p 11/é","age":11},{"_id":"p 12/é","age":12}]""", page.told());
        assertEquals("""
                200 [{"_id":"p 13/é","age":13},{"_id":"p 14/é","age":14},{"_id":"p 15/é","age":15}]""", client.get(next(page)).told());
    }

    private static String next(Answer page) {
        Matcher link = NEXT.matcher(page.header("Link"));
        return link.lookingAt() ? link.group(1) : "";
    }

    @Test
    void pages_holdEveryDocumentOnceWhileOthersInsertAndDelete() throws Exception {
        int count = 2000;
        service.documents()
                .insertMany(IntStream.range(0, count)
                        .mapToObj(i -> new Document("_id", "k%06d".formatted(i)))
                        .toList());
        var stop = new AtomicBoolean();
        Thread others = Thread.startVirtualThread(() -> {
            while (!stop.get()) {
                String id = "k%06dx".formatted(ThreadLocalRandom.current().nextInt(count));
                service.documents().insertOne(new Document("_id", id));
                service.documents().deleteOne(Filters.eq(id));
            }
        });
        var seen = new ArrayList<String>();
        for (String page = "/data?limit=7"; !page.isEmpty(); ) {
            Answer answer = client.get(page);
            List.of(idsOf(answer).split(" ")).stream()
                    .filter(id -> !id.endsWith("x"))
                    .forEach(seen::add);
            page = next(answer);
        }
        stop.set(true);
        others.join();
        assertEquals(IntStream.range(0, count).mapToObj("k%06d"::formatted).toList(), seen);
    }

    @Test
    void page_holdsNoMoreThanItsLimit_whileItsEndComesAndGoes() throws Exception {
        given(IntStream.range(0, 50).mapToObj(i -> new Document("_id", i)).toArray(Document[]::new));
        var stop = new AtomicBoolean();
        Thread other = Thread.startVirtualThread(() -> {
            while (!stop.get()) {
                service.documents().deleteOne(Filters.eq(2));
                service.documents().insertOne(new Document("_id", 0.5));
                service.documents().insertOne(new Document("_id", 2));
                service.documents().deleteOne(Filters.eq(0.5));
            }
        });
        int most = 0;
        for (int i = 0; i < 500; i++) {
            most = Math.max(most, idsOf(client.get("/data?limit=3")).split(" ").length);
        }
        stop.set(true);
        other.join();
        assertEquals(3, most);
    }

    @Test
    void page_ofLargeDocuments_endsEarlyAndLinksToTheRest() {
        String text = "x".repeat(400_000);
        given(IntStream.range(0, 5)
                .mapToObj(i -> new Document("_id", "d" + i).append("t", text))
                .toArray(Document[]::new));

        Answer first = client.get("/data?limit=5");
        assertEquals("d0 d1", idsOf(first));
        assertEquals("</data?limit=5&after=d1>; rel=\"next\"", first.header("Link"));
        assertTrue(first.bytes().length < 1 << 20, first.bytes().length + " bytes");
        Answer second = client.get(next(first), "Accept", Client.NDJSON);
        assertEquals(2, second.body().lines().count());
        assertEquals("</data?limit=5&after=d3>; rel=\"next\"", second.header("Link"));
        Answer third = client.get(next(second));
        assertEquals("d4", idsOf(third));
        assertFalse(third.headers().containsKey("link"));
    }

    @Test
    void page_holdsOneDocumentHoweverLarge() {
        given(
                new Document("_id", "a").append("t", "x".repeat(3_000_000)),
                new Document("_id", "b"),
                new Document("_id", "c").append("t", "x".repeat(3_000_000)));

        Answer first = client.get("/data?limit=9");
        assertEquals("a", idsOf(first));
        Answer second = client.get(next(first));
        assertEquals("b", idsOf(second));
        Answer third = client.get(next(second));
        assertEquals("c", idsOf(third));
        assertFalse(third.headers().containsKey("link"));
    }

    @Test
    void sortedListing_withALimitHoldsAllOfIt_howeverLarge() {
        String text = "x".repeat(400_000);
        given(IntStream.range(0, 5)
                .mapToObj(i -> new Document("_id", "d" + i).append("t", text))
                .toArray(Document[]::new));

        Answer answer = client.get("/data?limit=4&sort=-_id");

        assertEquals("d4 d3 d2 d1", idsOf(answer));
        assertFalse(answer.headers().containsKey("link"));
    }

    @Test
    void pages_goThroughIdsOfEveryType() {
        given(
                new Document("_id", new MinKey()),
                new Document("_id", null),
                new Document("_id", 1),
                new Document("_id", 2.5),
                new Document("_id", 3L),
                new Document("_id", "a"),
                new Document("_id", "b"),
                new Document("_id", new Document("x", 1)),
                new Document("_id", new Binary(new byte[] {1})),
                new Document("_id", new ObjectId("65f0c0ffee65f0c0ffee65f0")),
                new Document("_id", new ObjectId("65f0c0ffee65f0c0ffee65f1")),
                new Document("_id", true),
                new Document("_id", Date.from(Instant.EPOCH)),
                new Document("_id", new BsonTimestamp(1, 1)),
                new Document("_id", new MaxKey()));

        String all = client.get("/data").body();
        for (int limit = 1; limit <= 15; limit++) {
            var pages = new ArrayList<String>();
            for (String page = "/data?limit=" + limit; !page.isEmpty(); ) {
                Answer answer = client.get(page);
                assertEquals(200, answer.status(), answer::toString);
                pages.add(answer.body().substring(1, answer.body().length() - 1));
                page = next(answer);
            }
            assertEquals(all, "[" + String.join(",", pages) + "]", "limit " + limit);
        }
    }

    @Test
    void after_mayBeAnIdThatIsGone() {
        given(new Document("_id", "a"), new Document("_id", "c"));

        assertEquals("c", ids("after", "b"));
        assertEquals("", ids("after", "z"));
        assertEquals("c", ids("after", "b", "limit", "1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{}                                                    | a b c d",
                "{\"age\":2}                                           | b",
                "{\"age\":{\"$gt\":2}}                                 | c d",
                "{\"age\":{\"$in\":[1,4,7]}}                           | a d",
                "{\"address.city\":\"Ulm\"}                            | b d",
                "{\"address\":{\"city\":\"Ulm\"}}                      | b d",
                "{\"$or\":[{\"age\":1},{\"_id\":\"c\"}]}               | a c",
                "{\"$nor\":[{\"age\":1},{\"_id\":\"c\"}]}              | b d",
                "{\"age\":{\"$not\":{\"$lt\":3}}}                      | c d",
                "{\"_id\":{\"$regex\":\"^[AB]$\",\"$options\":\"i\"}}  | a b",
                "{\"nothing\":{\"$exists\":false}}                     | a b c d",
                "{\"age\":{\"$mod\":[2,0]}}                            | b d",
                "{\"_id\":{\"$ne\":\"a\"},\"age\":{\"$lte\":3}}        | b c",
                "{\"age\":{\"$type\":\"int\"}}                         | a b c d",
            })
    void filter_isAMongoDbQuery(String filter, String ids) {
        given(person("a", 1), person("b", 2), person("c", 3), person("d", 4));

        assertEquals(ids, ids("filter", filter));
    }

    @Test
    void filter_findsIdsAndDates() {
        var id = new ObjectId("65f0c0ffee65f0c0ffee65f0");
        given(new Document("_id", id)
                .append("at", Date.from(Instant.parse("2026-11-21T00:00:00Z")))
                .append("ref", id));

        for (String filter : List.of(
                "{\"_id\":\"65f0c0ffee65f0c0ffee65f0\"}",
                "{\"_id\":{\"$in\":[\"a\",\"65f0c0ffee65f0c0ffee65f0\"]}}",
                "{\"ref\":{\"$oid\":\"65f0c0ffee65f0c0ffee65f0\"}}",
                "{\"at\":{\"$date\":\"2026-11-21T01:00:00+01:00\"}}",
                "{\"at\":{\"$gte\":{\"$date\":\"2026-11-21T00:00:00Z\"}}}")) {
            assertEquals("65f0c0ffee65f0c0ffee65f0", ids("filter", filter), filter);
        }
        assertEquals("", ids("filter", "{\"at\":{\"$gt\":{\"$date\":\"2026-11-21T00:00:00Z\"}}}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"$where\":\"true\"}", "{\"a\":{\"$where\":\"true\"}}", "{\"$expr\":{\"$eq\":[1,1]}}",
                        "{\"$function\":1}", "{\"$and\":[{\"$or\":[{\"$expr\":true}]}]}",
                "{\"$text\":{\"$search\":\"a\"}}", "{\"$comment\":1}", "{\"$jsonSchema\":{}}",
                        "{\"a\":{\"$elemMatch\":{\"$where\":1}}}", "{\"a\":{\"$near\":[1,1]}}",
                "{\"a\":{\"$in\":[{\"$foo\":1}]}}"
            })
    void filter_allowsOnlySomeOperators(String filter) {
        Answer answer = client.get(query("filter", filter));

        assertEquals(400, answer.status(), answer::toString);
        assertTrue(
                answer.body().contains("\"In `filter`: `$")
                        && answer.body().contains("` is not an allowed operator: use `$all`, `$and`, "),
                answer::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "1",
                "null",
                "{a:1}",
                "{\"a\":1,\"a\":2}",
                "{\"$or\":1}",
                "{\"$or\":[]}",
                "{\"$and\":[1]}",
                "{\"a\":{\"$in\":1}}",
                "{\"a\":{\"$regex\":\"(\"}}",
                "{\"a\":{\"$regex\":1}}",
                "{\"a\":{\"$options\":\"i\"}}",
                "{\"a\":{\"$regex\":\"a\",\"$options\":\"!\"}}",
                "{\"a\":{\"$mod\":[0,1]}}",
                "{\"a\":{\"$mod\":1}}",
                "{\"a\":{\"$type\":\"x\"}}",
                "{\"a\":{\"$type\":99}}",
                "{\"a\":{\"$size\":-1}}",
                "{\"a\":{\"$size\":\"x\"}}",
                "{\"a\":{\"$not\":1}}",
                "{\"a\":{\"$elemMatch\":1}}",
                "{\"a\":{\"$all\":1}}",
                "{\"$eq\":1}",
                "{\"$gt\":1}",
                "{\"$not\":{\"a\":1}}",
                "{\"a\":{\"$gt\":1,\"b\":2}}",
                "{\"_id\":{\"$oid\":\"x\"}}",
                "{\"a\":{\"$date\":\"x\"}}"
            })
    void filter_thatMongoDbWouldNotTakeIsTheClientsMistake(String filter) {
        given(new Document("_id", "x").append("a", List.of(1, "a")));

        Answer answer = client.get(query("filter", filter));

        assertEquals(400, answer.status(), answer::toString);
        assertEquals("application/problem+json", answer.header("Content-Type"));
        assertTrue(answer.text("detail").matches("In `filter`: .*\\."), answer::toString);
    }

    @Test
    void filter_thatIsNotJson_saysWhere() {
        assertEquals("""
                400 {"type":"about:blank","title":"Bad Request","status":400,\
                "detail":"In `filter`: expected a value, found `}`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null.","position":{"line":1,"column":6,"offset":5}}""", client.get(query("filter", "{\"a\":}")).told());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sort   | age:desc | `sort` names `age:desc`: write `-age`.",
                "sort   | age:1    | `sort` names `age:1`: write `age`.",
                "sort   | age desc | `sort` names `age desc`, which holds white space or `;`: separate names by a comma alone.",
                "fields | age name | `fields` names `age name`, which holds white space or `;`: separate names by a comma alone.",
                "fields | age;name | `fields` names `age;name`, which holds white space or `;`: separate names by a comma alone.",
                "sort   | {\"age\":-1} | `sort` is `{\"age\":-1}`, which is JSON: write names, as in `sort=-age,name`.",
                "fields | {\"a\":1,\"b\":1} | `fields` is `{\"a\":1,\"b\":1}`, which is JSON: write names, as in `fields=name,age`.",
                "fields | [\"a\"]    | `fields` is `[\"a\"]`, which is JSON: write names, as in `fields=name,age`.",
                "sort   | a,,b     | `sort` has an empty name in it: separate names by one comma.",
                "sort   | ''       | `sort` is empty: give it a value, or omit it.",
                "fields | ''       | `fields` is empty: give it a value, or omit it.",
                "limit  | ''       | `limit` is empty: give it a value, or omit it.",
                "filter | ''       | `filter` is empty: give it a value, or omit it.",
                "filter | [1]      | In `filter`: the query is not an object: send { … }.",
                "filter | {\"a\":1e9999} | In `filter`: a number has more than 34 digits or an exponent beyond ±6144: send it as a string.",
                "by     | cursor   | `by` is not a parameter here: use `limit`, `after`, `filter`, `sort` or `fields`.",
                "limit  | ten      | `limit` is `ten`: give a whole number from 1 to 10000.",
                "sort   | a,-a     | `sort` names `a` twice: name it once.",
            })
    void parameter_thatWouldDoNothing_isRefusedWithItsCure(String name, String value, String detail) {
        Answer answer = client.get(query(name, value));

        assertEquals(400, answer.status(), answer::toString);
        assertEquals(detail, answer.text("detail"));
    }

    @Test
    void names_mayHoldColons() {
        given(new Document("_id", "a").append("dc:title", "x"), new Document("_id", "b").append("dc:title", "w"));

        assertEquals("b a", ids("sort", "dc:title", "fields", "dc:title"));
    }

    @Test
    void filter_isNotNestedDeeply() {
        String deep = "{\"$and\":[".repeat(6) + "{}" + "]}".repeat(6);

        assertEquals("""
                400 {"type":"about:blank","title":"Bad Request","status":400,\
                "detail":"In `filter`: it is nested deeper than 10 levels: make it flatter."}""", client.get(query("filter", deep)).told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a)\\\\1", "a(?=b)", "(?<!a)b", "(?>a)", "a++"})
    void regex_isThatOfRe2(String pattern) {
        Answer answer = client.get(query("filter", "{\"t\":{\"$regex\":\"" + pattern + "\"}}"));

        assertEquals(422, answer.status(), answer::toString);
        assertTrue(
                answer.body()
                        .contains("write it without back references and look-around, see"
                                + " https://github.com/google/re2/wiki/Syntax."),
                answer::toString);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a(b | Unclosed group",
                "a)  | Unmatched closing ')'",
                "[a  | Unclosed character class",
                "*a  | Dangling meta character '*'",
            })
    void regex_withAMistake_isTheClientsMistake(String pattern, String mistake) {
        assertEquals(
                """
                400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"In `filter`: `$regex` is not a regular expression, \
                because of `%s`: correct it, see https://github.com/google/re2/wiki/Syntax."}""".formatted(mistake),
                client.get(query("filter", "{\"t\":{\"$regex\":\"" + pattern + "\"}}"))
                        .told());
    }

    @Test
    void regex_optionThatRe2DoesNotKnow_isRefused() {
        assertEquals(
                """
                422 {"type":"about:blank","title":"Unprocessable Content","status":422,\
                "detail":"In `filter`: `$options` has `x`, which RE2 does not know: write the pattern without white space and comments."}""",
                client.get(query("filter", "{\"t\":{\"$regex\":\"a b\",\"$options\":\"x\"}}"))
                        .told());
    }

    @Test
    void regex_takesTimeInProportionToTheText() {
        given(new Document("_id", "a").append("t", "a".repeat(100_000) + "!"));

        long started = System.nanoTime();
        Answer answer = client.get(query("filter", "{\"t\":{\"$regex\":\"^(a*a*)*b$\"}}"));

        assertEquals("200 []", answer.told());
        assertTrue(System.nanoTime() - started < 10e9, "took too long");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "age           | a b c d",
                "-age | d c b a",
                "address.city,-age | c a d b",
                "-address.city,age | b d a c",
                "_id | a b c d",
                "-_id | d c b a",
                "nothing | a b c d"
            })
    void sort_isByMembers(String sort, String ids) {
        given(person("a", 1), person("b", 2), person("c", 3), person("d", 4));

        assertEquals(ids, ids("sort", sort));
        assertEquals(ids.substring(0, 3), ids("sort", sort, "limit", "2"));
    }

    @Test
    void sort_withALimitHasNoNextPage() {
        given(person("a", 1), person("b", 2));

        assertFalse(client.get("/data?sort=age&limit=1").headers().containsKey("link"));
    }

    @Test
    void fields_areTheOnlyOnes() {
        given(person("a", 1).append("role", "x"));

        assertEquals("""
                200 [{"_id":"a","age":1,"role":"x"}]""", client.get("/data?fields=age,role,nothing").told());
        assertEquals("""
                200 [{"_id":"a","address":{"city":"Bonn"}}]""", client.get("/data?fields=address.city").told());
        assertEquals("""
                200 [{"_id":"a"}]""", client.get("/data?fields=_id").told());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=-1",
                "limit=x",
                "limit=",
                "limit",
                "limit=10001",
                "limit=1.0",
                "limit=99999999999",
                "limit=1&limit=2",
                "unknown=1",
                "Limit=1",
                "",
                "sort=",
                "sort=a,,b",
                "sort=-",
                "sort=$x",
                "sort=a.$x",
                "sort=a,a",
                "sort=a,-a",
                "sort=.a",
                "sort=a.",
                "sort=a..b",
                "sort=+a",
                "sort=a,%20b",
                "sort=a:DESC",
                "sort=a:-1",
                "after=a&sort=b",
                "fields=",
                "fields=$x",
                "fields=a,",
                "fields=a,a.b",
                "fields=a.b,a",
                "fields=a+b",
                "fields=a:1",
                "fields=-a",
                "filter=%7B%7D&filter=%7B%7D",
                "cursor=",
                "cursor=x",
                "cursor=AAAA",
                "cursor=BQAAAAA",
                "cursor=EAAAAAJfaWQAAgAAAGEAAA&after=a",
                "after=",
                "after=a&after=b"
            })
    void parameters_areChecked(String query) {
        given(person("a", 1));

        Answer answer = client.get("/data?" + query);

        if (query.isEmpty()) {
            assertEquals(200, answer.status(), answer::toString);
            return;
        }
        assertEquals(400, answer.status(), answer::toString);
        assertEquals("application/problem+json", answer.header("Content-Type"));
    }

    @Test
    void oneLimit_isThatOfTheAnswer() {
        given(IntStream.range(0, 30)
                .mapToObj(i -> new Document("_id", "d%02d".formatted(i)).append("n", i % 3))
                .toArray(Document[]::new));

        assertEquals("d00 d01 d02", ids("limit", "3"));
        assertEquals("d01 d04", ids("limit", "2", "filter", "{\"n\":1}"));
    }
}
