package dev.martlet.json;

import static dev.martlet.json.Json.canonical;
import static dev.martlet.json.Json.document;
import static dev.martlet.json.Json.line;
import static dev.martlet.json.Json.refusal;
import static dev.martlet.json.Json.refused;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.json.JsonRefusedException.Position;
import dev.martlet.json.JsonRefusedException.Reason;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    // What a document becomes

    @Test
    void document_becomesBsonWithItsIdFirst() {
        assertEquals(
                """
                {"_id": {"$oid": "507f1f77bcf86cd799439011"}, "s": "é", "i": {"$numberInt": "7"}, "t": true, "f": false, \
                "n": null, "o": {"x": {}}, "a": [[], {"y": {"$numberDouble": "0.5"}}, "z"]}""",
                canonical(
                        document(
                                " { \"s\" : \"é\",\t\"i\":7,\r\n\"t\":true,\"f\":false,\"n\":null,\"o\":{\"x\":{}},\"a\":[[],{\"y\":0.5},\"z\"] } ")));
    }

    @Test
    void arrayOfAThousandElements_hasTheDriversIndexNames() {
        String json =
                IntStream.range(0, 1100).mapToObj(Integer::toString).collect(Collectors.joining(",", "{\"a\":[", "]}"));
        BsonDocument expected = BsonDocument.parse(json);
        expected.put("_id", new BsonObjectId(Json.ID));
        RawBsonDocument read = document(json);
        assertEquals(expected.get("a"), read.get("a"));
        try (BsonBinaryReader reader = new BsonBinaryReader(read.getByteBuffer().asNIO())) {
            reader.readStartDocument();
            reader.readObjectId("_id");
            reader.readStartArray();
        }
        byte[] bytes = Arrays.copyOf(read.getBackingArray(), read.getByteLength());
        for (String index : List.of("0", "9", "10", "99", "100", "999", "1000", "1099")) {
            assertTrue(new String(bytes, ISO_8859_1).contains("\u0010" + index + "\0"), index);
        }
    }

    @Test
    void partOfAnArray_isReadAndPositionsCountFromItsStart() {
        byte[] body = "}}{\"a\":1}{".getBytes(UTF_8);
        assertEquals(
                1, JsonReader.document(body, 2, 7, () -> Json.ID).getInt32("a").getValue());
        JsonRefusedException e =
                assertThrows(JsonRefusedException.class, () -> JsonReader.document(body, 2, 8, () -> Json.ID));
        assertEquals("MALFORMED 7: expected nothing after the value, found `{`", line(e));
    }

    @Test
    void everyEscape_isRead() {
        assertEquals(
                "\"\\/\b\f\n\r\tA\u00e9\u20ac\ud83d\ude00",
                document("""
                {"s":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\uD83D\\ude00"}""").getString("s").getValue());
    }

    @Test
    void everyCodePoint_isReadPlainAndEscaped() {
        for (int c = 1; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 61) {
            if (c >= 0xD800 && c <= 0xDFFF) {
                continue;
            }
            String character = Character.toString(c);
            String escaped = character.chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining());
            assertEquals(
                    character,
                    document("{\"s\":\"" + escaped + "\"}").getString("s").getValue());
            if (c >= 0x20 && c != '"' && c != '\\') {
                assertEquals(
                        character,
                        document("{\"s\":\"" + character + "\"}").getString("s").getValue());
            }
        }
    }

    @Test
    void nulInAStringValue_isKept() {
        assertEquals("a\0b", document("{\"s\":\"a\\u0000b\"}").getString("s").getValue());
    }

    @Test
    void dotsAndEmptyAndInnerDollarNames_areKept() {
        assertEquals("""
                {"_id": {"$oid": "507f1f77bcf86cd799439011"}, "a.b": {"$numberInt": "1"}, "": {"$numberInt": "2"}, \
                "c": {"$x": {"$numberInt": "3"}}, "d$": {"$numberInt": "4"}}""", canonical(document("{\"a.b\":1,\"\":2,\"c\":{\"$x\":3},\"d$\":4}")));
    }

    @Test
    void extendedJsonInAText_isKeptLiterally() {
        String json =
                "{\"d\":{\"$date\":\"2020-01-01T00:00:00Z\"},\"o\":{\"$oid\":\"507f1f77bcf86cd799439011\"},\"n\":{\"$numberLong\":\"1\"}}";
        RawBsonDocument document = document(json);
        assertEquals(
                new BsonString("2020-01-01T00:00:00Z"),
                document.getDocument("d").get("$date"));
        assertEquals("{\"_id\":\"507f1f77bcf86cd799439011\"," + json.substring(1), Json.write(document));
    }

    // _id

    @Test
    void idOf24LowerCaseHexDigits_becomesAnObjectIdWhereverItStands() {
        BsonValue id = new BsonObjectId(new org.bson.types.ObjectId("0123456789abcdef01234567"));
        assertEquals(
                id, document("{\"_id\":\"0123456789abcdef01234567\",\"a\":1}").get("_id"));
        RawBsonDocument last = document("{\"a\":{\"_id\":5},\"_id\":\"0123456789abcdef01234567\"}");
        assertEquals(id, last.get("_id"));
        assertEquals(List.of("_id", "a"), List.copyOf(last.keySet()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "0123456789abcdef0123456",
                "0123456789ABCDEF01234567",
                "0123456789abcdef0123456g",
                "a longer text than an ObjectId takes",
                "é"
            })
    void idOfOtherText_staysAStringAndComesFirst(String id) {
        RawBsonDocument document = document("{\"a\":[1,2],\"_id\":\"" + id + "\",\"b\":2}");
        assertEquals("{\"_id\":\"" + id + "\",\"a\":[1,2],\"b\":2}", Json.write(document));
        assertEquals(new BsonString(id), DocumentId.of(document));
    }

    @Test
    void idThatIsNoString_isRefused() {
        assertEquals(
                "UNSTORABLE 7: the `_id` is not a string: send a string, or omit it to get a new one",
                refused("{\"_id\":5}"));
        assertEquals(Reason.UNSTORABLE, refusal("{\"_id\":null}").reason());
        assertEquals(
                Reason.UNSTORABLE,
                refusal("{\"_id\":{\"$oid\":\"507f1f77bcf86cd799439011\"}}").reason());
    }

    @Test
    void idThatIsEmpty_isRefused() {
        assertEquals(
                "UNSTORABLE 1: the `_id` is empty, and no address could name the document: send some text, or omit it",
                refused("{\"_id\":\"\"}"));
    }

    @Test
    void idGivenTwice_isRefused() {
        assertEquals(
                "UNSTORABLE 11: the name `_id` appears twice in one object: give each name once",
                refused("{\"_id\":\"a\",\"\\u005fid\":\"a\"}"));
    }

    @Test
    void idOfTheAddress_mayBeRepeatedButNotContradicted() {
        byte[] same = "{\"a\":1,\"_id\":\"x\"}".getBytes(UTF_8);
        byte[] none = "{\"a\":1}".getBytes(UTF_8);
        BsonString x = new BsonString("x");
        assertEquals("{\"_id\":\"x\",\"a\":1}", Json.write(JsonReader.document(same, 0, same.length, x)));
        assertEquals("{\"_id\":\"x\",\"a\":1}", Json.write(JsonReader.document(none, 0, none.length, x)));
        JsonRefusedException e = assertThrows(
                JsonRefusedException.class, () -> JsonReader.document(same, 0, same.length, DocumentId.parse("y")));
        assertEquals(
                "UNSTORABLE 7: the `_id` differs from the one in the address: omit it, or send it to its own address",
                line(e));
    }

    @Test
    void idOfAStoredDocument_isFoundWhateverItsTypeAndPlace() {
        assertEquals(new BsonObjectId(Json.ID), DocumentId.of(document("{\"a\":1}")));
        assertEquals(new BsonString("é"), DocumentId.of(document("{\"_id\":\"é\"}")));
        BsonDocument other = BsonDocument.parse("{a: 1, _id: {x: 1}}");
        assertEquals(other.get("_id"), DocumentId.of(Json.raw(other)));
        assertThrows(NullPointerException.class, () -> DocumentId.of(Json.raw(new BsonDocument())));
    }

    // What is refused

    @Test
    void emptyBody_isRefused() {
        assertEquals("MALFORMED 0: the body is empty: send { … }", refused(""));
        assertEquals("MALFORMED 3: the body is empty: send { … }", refused(" \n\t"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[{}]", "1", "\"x\"", "null", "true", "false", "-0.5"})
    void topLevelThatIsNoObject_isJsonButNoDocument(String json) {
        assertEquals("UNSTORABLE 0: the document is not an object: send { … }", refused(json));
    }

    @Test
    void trailingData_isRefused() {
        assertEquals("MALFORMED 3: expected nothing after the value, found `{`", refused("{} {}"));
    }

    @Test
    void byteOrderMark_isRefused() {
        assertEquals("MALFORMED 0: the text begins with a byte order mark: omit it", refused("\ufeff{}"));
    }

    @Test
    void otherEncodings_areRefused() {
        assertTrue(Json.malformed("{\"a\":1}".getBytes(UTF_16LE)));
        assertTrue(Json.malformed("{\"a\":1}".getBytes(UTF_16BE)));
        assertTrue(Json.malformed("{\"a\":\"é\"}".getBytes(ISO_8859_1)));
    }

    /// Bytes that are not UTF-8, each for a different reason.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                "bf",
                "c0af",
                "c080",
                "c1bf",
                "c3",
                "c328",
                "e28228",
                "e282",
                "e080af",
                "e09f80",
                "eda080",
                "edbfbf",
                "edb080",
                "f08080af",
                "f08f8080",
                "f0908080 80",
                "f4908080",
                "f5808080",
                "f09f98",
                "f8888080 80",
                "fe",
                "ff",
                "c3a9c3"
            })
    void badUtf8_isRefusedInNamesAndValues(String hex) {
        byte[] bad = HexFormat.of().parseHex(hex.replace(" ", ""));
        for (String around :
                List.of("{\"a\":\"@\"}", "{\"@\":1}", "{@}", "@", "{\"a\":\"a text of some length before it @\"}")) {
            byte[] json = around.replace("@", new String(bad, ISO_8859_1)).getBytes(ISO_8859_1);
            JsonRefusedException e = refusal(json);
            assertEquals(Reason.MALFORMED, e.reason());
            assertTrue(e.getMessage().endsWith("is not UTF-8: encode the text as UTF-8"), e.getMessage());
        }
    }

    @Test
    void everyWellFormedSequenceAndNoOther_isUtf8() {
        byte[] four = new byte[4];
        for (int i = 0; i < 0x80 * 0x60 * 16; i++) {
            // A walk over all leads with all interesting continuations, judged by the JDK.
            int lead = 0x80 + i % 0x80;
            int rest = i / 0x80;
            four[0] = (byte) lead;
            four[1] = (byte) (0x70 + rest % 0x60);
            four[2] = (byte) (0x7E + rest / 0x60 % 4 * 0x21);
            four[3] = (byte) (0x7E + rest / 0x180 % 4 * 0x21);
            boolean wellFormed = !new String(four, UTF_8).contains("\ufffd");
            assertEquals(wellFormed, Utf8.illFormedAt(four, 0, 4) == 4, () -> HexFormat.of()
                    .formatHex(four));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\ud800",
                "\\udc00",
                "\\ud83d\\ud83d",
                "\\ud83dx",
                "\\ud83d\\n",
                "\\ude00\\ud83d",
                "\\uD83D\\u0041"
            })
    void loneSurrogateEscape_isRefusedInNamesAndValues(String escape) {
        String message = ": %s is half of a surrogate pair: send both halves, or neither"
                .formatted(escape.substring(0, 6).toLowerCase(ROOT));
        assertEquals("UNSTORABLE 7" + message, refused("{\"a\":\"@" + escape + "\"}"));
        assertEquals("UNSTORABLE 4" + message, refused("{\"a@" + escape + "\":1}"));
    }

    @Test
    void nulInAName_isRefused() {
        assertEquals(
                "UNSTORABLE 8: a member name contains the character U+0000, which BSON cannot hold: choose another name",
                refused("{\"a\":{\"b\\u0000c\":1}}"));
    }

    @Test
    void duplicateName_isRefusedAtItsSecondPlace() {
        assertEquals(
                "UNSTORABLE 13: the name `a` appears twice in one object: give each name once",
                refused("{\"a\":1,\"b\":2,\"a\":1}"));
        assertEquals(
                Reason.UNSTORABLE,
                refusal("{\"x\":[{\"y\":{\"é\":1,\"\\u00e9\":2}}]}").reason());
        assertEquals(
                """
                {"_id":"507f1f77bcf86cd799439011","a":{"a":{"a":1},"b":[{"a":1},{"a":1}]},"b":{"a":1}}""", Json.write(document("{\"a\":{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]},\"b\":{\"a\":1}}")));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 15, 16, 17, 18, 40, 1000})
    void duplicateName_isRefusedAmongMany(int count) {
        String names =
                IntStream.range(0, count).mapToObj("\"n%d\":0"::formatted).collect(Collectors.joining(","));
        assertEquals(count + 1, document("{" + names + "}").size());
        for (int again : new int[] {0, 1, count / 2, count - 1}) {
            JsonRefusedException e = refusal("{" + names + ",\"n" + again + "\":0}");
            assertEquals(
                    "UNSTORABLE %d: the name `n%d` appears twice in one object: give each name once"
                            .formatted(names.length() + 2, again),
                    line(e));
        }
    }

    @Test
    void longName_isCutInARefusal() {
        String name = "n".repeat(5000);
        assertTrue(
                refusal("{\"" + name + "\":0,\"" + name + "\":0}").getMessage().length() < 120);
    }

    @Test
    void nestingOf100_isReadAndOf101Refused() {
        assertEquals(
                2, document("{\"a\":" + "[".repeat(99) + "]".repeat(99) + "}").size());
        assertEquals(2, document("{\"a\":".repeat(100) + "1" + "}".repeat(100)).size());
        String message = ": objects and arrays are nested more than 100 deep: flatten them";
        assertEquals("UNSTORABLE 104" + message, refused("{\"a\":" + "[".repeat(100) + "]".repeat(100) + "}"));
        assertEquals("UNSTORABLE 500" + message, refused("{\"a\":".repeat(101) + "1" + "}".repeat(101)));
        assertEquals(
                Reason.UNSTORABLE, refusal("{\"a\":" + "[".repeat(1_000_000)).reason());
    }

    @Test
    void depth_isOfNestingAndNotOfTheirNumber() {
        assertEquals(2, document("{\"a\":[" + "{},[],".repeat(500) + "[]]}").size());
    }

    @Test
    void topLevelNameThatBeginsWithADollarSign_isRefused() {
        assertEquals(
                "UNSTORABLE 7: the top-level name `$set` begins with `$`, which MongoDB takes for an operator: rename it",
                refused("{\"a\":1,\"$set\":{}}"));
        assertEquals(Reason.UNSTORABLE, refusal("{\"\\u0024\":1}").reason());
    }

    @Test
    void documentOver16MibOfBson_isRefused() {
        // 4 length, 17 _id, 1 type, 2 name, 4 length, 1 zero, 1 zero
        int room = BsonBuffer.MAX_DOCUMENT_BYTES - 30;
        assertEquals(
                BsonBuffer.MAX_DOCUMENT_BYTES,
                document("{\"a\":\"" + "x".repeat(room) + "\"}").getByteLength());
        assertEquals(
                "UNSTORABLE 16777195: the document takes more than 16 MiB as BSON: split it",
                refused("{\"a\":\"" + "x".repeat(room + 1) + "\"}"));
        assertEquals(
                Reason.UNSTORABLE,
                refusal("{\"a\":[" + "1,".repeat(1_500_000) + "1]}").reason());
    }

    @Test
    void position_countsLinesCharactersAndBytes() {
        assertEquals(
                new Position(3, 7, 30),
                refusal("{\n\"é\": \"€😀\",\n \"€😀\":}").position().orElseThrow());
        assertEquals("line 3, column 7 (byte 30)", new Position(3, 7, 30).toString());
    }

    @Test
    void refusal_hasNoStackTraceAndNamesNoLibrary() {
        JsonRefusedException e = refusal("{\"a\":nul}");
        assertEquals("MALFORMED 8: expected `null`, found `nul`", line(e));
        assertEquals(0, e.getStackTrace().length);
    }

    // Arrays of documents

    @Test
    void arrayOfDocuments_givesEachItsId() {
        byte[] json = " [ {\"a\":1} , {\"_id\":\"x\",\"a\":{\"a\":2}},{} ] ".getBytes(UTF_8);
        List<String> documents = JsonReader.documents(json, 0, json.length, Integer.MAX_VALUE, () -> Json.ID).stream()
                .map(Json::write)
                .toList();
        assertEquals(
                List.of(
                        "{\"_id\":\"507f1f77bcf86cd799439011\",\"a\":1}",
                        "{\"_id\":\"x\",\"a\":{\"a\":2}}",
                        "{\"_id\":\"507f1f77bcf86cd799439011\"}"),
                documents);
    }

    @Test
    void arrayWithoutDocuments_isEmpty() {
        assertEquals(List.of(), JsonReader.documents("[ ]".getBytes(UTF_8), 0, 3, Integer.MAX_VALUE, () -> Json.ID));
    }

    private static String refusedArray(String json) {
        byte[] utf8 = json.getBytes(UTF_8);
        return line(assertThrows(
                JsonRefusedException.class,
                () -> JsonReader.documents(utf8, 0, utf8.length, Integer.MAX_VALUE, () -> Json.ID)));
    }

    @Test
    void array_isRefusedWithTheElementAndThePosition() {
        assertEquals(
                "UNSTORABLE 11: in array element 1 (the first is 0): the name `a` appears twice in one object: give each name once",
                refusedArray("[{},{\"a\":1,\"a\":1}]"));
        assertEquals(
                "UNSTORABLE 5: in array element 1 (the first is 0): the document is not an object: send { … }",
                refusedArray("[{}, 7]"));
        assertEquals(
                "MALFORMED 4: in array element 1 (the first is 0): expected a value, found `]`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null",
                refusedArray("[{},]"));
        assertEquals("MALFORMED 3: expected `,` or `]`, found the end of the text", refusedArray("[{}"));
        assertEquals("MALFORMED 4: expected nothing after the value, found `]`", refusedArray("[{}]]"));
    }

    @Test
    void arrayOfTooManyDocuments_isRefused() {
        String json = "[" + "{},".repeat(JsonReader.MAX_DOCUMENTS) + "{}]";
        assertEquals(
                "UNSTORABLE 300001: the array has more than 100000 documents: send it in parts, or as application/x-ndjson",
                refusedArray(json));
    }

    @Test
    void arrayThatGrowsTooLargeAsBson_isRefused() {
        String document = "{\"a\":[" + "1,".repeat(400_000) + "1]}";
        assertEquals(
                "UNSTORABLE 8800110: the array has more than 48000000 bytes of BSON: send it in parts, or as application/x-ndjson",
                refusedArray("[" + (document + ",").repeat(20) + "{}]"));
    }

    // Queries

    @Test
    void query_keepsOperatorsAtEveryLevelAndGetsNoId() {
        assertEquals(
                BsonDocument.parse("{$or: [{a: {$gt: 1}}, {'b.c': {$in: [1.5, 'x']}}]}"),
                JsonReader.query("{\"$or\":[{\"a\":{\"$gt\":1}},{\"b.c\":{\"$in\":[1.5,\"x\"]}}]}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1,\"a\":2}", "{a:1}", "[]", "", "{\"a\":1e9999}"})
    void query_isAsStrictAsADocument(String json) {
        assertThrows(JsonRefusedException.class, () -> JsonReader.query(json));
    }

    @Test
    void documents_doNotShareTheirBytes() {
        byte[] json = "[{\"a\":1},{\"b\":2}]".getBytes(UTF_8);
        List<RawBsonDocument> documents = JsonReader.documents(json, 0, json.length, Integer.MAX_VALUE, () -> Json.ID);
        assertNotSame(
                documents.getFirst().getBackingArray(), documents.getLast().getBackingArray());
    }
}
