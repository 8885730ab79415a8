package dev.martlet.json;

import static dev.martlet.json.Json.document;
import static dev.martlet.json.Json.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.martlet.json.JsonRefusedException.Reason;
import java.time.Duration;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergePatchTest {
    private static final String ID = "\"_id\":\"507f1f77bcf86cd799439011\"";

    private static MergePatch patch(String json) {
        byte[] utf8 = json.getBytes(UTF_8);
        return MergePatch.parse(utf8, 0, utf8.length);
    }

    private static String refused(String json) {
        return line(assertThrows(JsonRefusedException.class, () -> patch(json)));
    }

    private static String patched(String target, String patch) {
        return Json.write(patch(patch).apply(document(target)));
    }

    /// RFC 7396, appendix A, in its order. If both sides are objects, they are taken as documents.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a':'b'}           | {'a':'c'}                  | {'a':'c'}",
                "{'a':'b'}           | {'b':'c'}                  | {'a':'b','b':'c'}",
                "{'a':'b'}           | {'a':null}                 | {}",
                "{'a':'b','b':'c'}   | {'a':null}                 | {'b':'c'}",
                "{'a':['b']}         | {'a':'c'}                  | {'a':'c'}",
                "{'a':'c'}           | {'a':['b']}                | {'a':['b']}",
                "{'a':{'b':'c'}}     | {'a':{'b':'d','c':null}}   | {'a':{'b':'d'}}",
                "{'a':[{'b':'c'}]}   | {'a':[1]}                  | {'a':[1]}",
                "{'e':null}          | {'a':1}                    | {'e':null,'a':1}",
                "{}                  | {'a':{'bb':{'ccc':null}}}  | {'a':{'bb':{}}}",
            })
    void rfc7396Example_givesItsResult(String target, String patch, String result) {
        String expected = result.replace('\'', '"').replaceFirst("\\{", "{" + ID + (result.equals("{}") ? "" : ","));
        assertEquals(expected, patched(target.replace('\'', '"'), patch.replace('\'', '"')));
    }

    /// The whole appendix again, one level down, where values need not be objects.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a':'b'}           | {'a':'c'}                  | {'a':'c'}",
                "{'a':'b'}           | {'b':'c'}                  | {'a':'b','b':'c'}",
                "{'a':'b'}           | {'a':null}                 | {}",
                "{'a':'b','b':'c'}   | {'a':null}                 | {'b':'c'}",
                "{'a':['b']}         | {'a':'c'}                  | {'a':'c'}",
                "{'a':'c'}           | {'a':['b']}                | {'a':['b']}",
                "{'a':{'b':'c'}}     | {'a':{'b':'d','c':null}}   | {'a':{'b':'d'}}",
                "{'a':[{'b':'c'}]}   | {'a':[1]}                  | {'a':[1]}",
                "['a','b']           | ['c','d']                  | ['c','d']",
                "{'a':'b'}           | ['c']                      | ['c']",
                "{'a':'foo'}         | 'bar'                      | 'bar'",
                "{'e':null}          | {'a':1}                    | {'e':null,'a':1}",
                "[1,2]               | {'a':'b','c':null}         | {'a':'b'}",
                "{}                  | {'a':{'bb':{'ccc':null}}}  | {'a':{'bb':{}}}",
            })
    void rfc7396Example_givesItsResultInsideADocument(String target, String patch, String result) {
        assertEquals(
                "{%s,\"v\":%s,\"w\":1}".formatted(ID, result.replace('\'', '"')),
                patched(
                        "{\"v\":" + target.replace('\'', '"') + ",\"w\":1}",
                        "{\"v\":" + patch.replace('\'', '"') + "}"));
    }

    @Test
    void null_removesAMemberAtAnyLevel() {
        assertEquals(
                "{" + ID + ",\"b\":{}}",
                patched("{\"a\":{\"foo\":1},\"b\":{\"c\":1}}", "{\"a\":null,\"b\":{\"c\":null,\"d\":null}}"));
    }

    @Test
    void nullInsideAnArray_isKept() {
        assertEquals("{" + ID + ",\"a\":[null,{\"b\":null}]}", patched("{}", "{\"a\":[null,{\"b\":null}]}"));
    }

    @Test
    void order_isKeptAndNewMembersComeLastInThePatchsOrder() {
        assertEquals(
                "{" + ID + ",\"a\":1,\"b\":[2],\"c\":{\"z\":0,\"y\":1},\"e\":5,\"d\":4}",
                patched("{\"a\":1,\"b\":2,\"c\":{\"z\":0}}", "{\"e\":5,\"c\":{\"y\":1},\"d\":4,\"b\":[2]}"));
    }

    @Test
    void membersThatThePatchLeavesAlone_keepTheirBsonType() {
        BsonDocument target = BsonDocument.parse("""
                {_id: 5, d: {$date: 7}, o: {x: {$numberDecimal: '1.10'}, y: {$oid: '507f1f77bcf86cd799439011'}, z: 1}, l: {$numberLong: '1'}}""");
        RawBsonDocument result = patch("{\"o\":{\"z\":2.5},\"n\":1}").apply(Json.raw(target));
        BsonDocument expected = target.clone();
        expected.getDocument("o").put("z", new org.bson.BsonDouble(2.5));
        expected.put("n", new org.bson.BsonInt32(1));
        assertEquals(Json.raw(expected), result);
    }

    @Test
    void patch_canBeAppliedToManyTargetsAndLeavesThemAlone() {
        MergePatch patch = patch("{\"a\":{\"b\":1}}");
        RawBsonDocument first = document("{\"a\":{\"c\":2}}");
        RawBsonDocument second = document("{\"a\":[]}");
        for (int i = 0; i < 2; i++) {
            assertEquals("{" + ID + ",\"a\":{\"c\":2,\"b\":1}}", Json.write(patch.apply(first)));
            assertEquals("{" + ID + ",\"a\":{\"b\":1}}", Json.write(patch.apply(second)));
        }
        assertEquals("{" + ID + ",\"a\":{\"c\":2}}", Json.write(first));
    }

    @Test
    void emptyPatch_changesNothing() {
        RawBsonDocument target = document("{\"a\":{\"c\":[1,2.5,null]}}");
        assertEquals(target, patch("{}").apply(target));
    }

    @Test
    void patchThatRepeatsTheId_isFine() {
        assertEquals("{" + ID + ",\"a\":1}", patched("{}", "{\"a\":1," + ID + "}"));
        assertEquals("{\"_id\":\"x\",\"a\":1}", patched("{\"_id\":\"x\"}", "{\"a\":1,\"_id\":\"x\"}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"{'_id':'x'}", "{'_id':null}", "{'_id':5}", "{'_id':{}}", "{'_id':{'a':1}}"})
    void patchThatChangesTheId_isRefused(String patch) {
        RawBsonDocument target = document("{}");
        MergePatch parsed = patch(patch.replace('\'', '"'));
        assertEquals(
                "UNSTORABLE: the `_id` of a document never changes: omit it from the patch",
                line(assertThrows(JsonRefusedException.class, () -> parsed.apply(target))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"['c']", "null", "'bar'", "1"})
    void patchThatIsNoObject_isRefused(String patch) {
        assertEquals("UNSTORABLE 0: the patch is not an object: send { … }", refused(patch.replace('\'', '"')));
    }

    @Test
    void patch_isAsStrictAsADocument() {
        assertEquals(
                "UNSTORABLE 7: the name `a` appears twice in one object: give each name once",
                refused("{\"a\":1,\"a\":2}"));
        assertEquals(
                "UNSTORABLE 1: the top-level name `$a` begins with `$`, which MongoDB takes for an operator: rename it",
                refused("{\"$a\":null}"));
        assertEquals(
                "MALFORMED 5: expected a value, found `}`: JSON has strings in double quotes, numbers, objects, arrays, true, false and null",
                refused("{\"a\":}"));
    }

    @Test
    void nameThatIsStoredTwice_isPatchedOnce() {
        RawBsonDocument twice = new RawBsonDocument(
                HexFormat.of().parseHex("1a000000" + "10610001000000" + "10620003000000" + "10610002000000" + "00"));
        assertEquals("{\"a\":5,\"b\":3}", Json.write(patch("{\"a\":5}").apply(twice)));
        assertEquals("{\"b\":3}", Json.write(patch("{\"a\":null}").apply(twice)));
    }

    @Test
    void resultOver16Mib_isRefused() {
        RawBsonDocument target = document("{\"a\":\"" + "x".repeat(9_000_000) + "\"}");
        MergePatch patch = patch("{\"b\":\"" + "x".repeat(9_000_000) + "\"}");
        JsonRefusedException e = assertThrows(JsonRefusedException.class, () -> patch.apply(target));
        assertEquals(Reason.UNSTORABLE, e.reason());
    }

    @Test
    void patchAndTargetOfManyMembers_takeLinearTime() {
        String members =
                IntStream.range(0, 30_000).mapToObj("\"n%d\":0"::formatted).collect(Collectors.joining(",", "{", "}"));
        assertTimeoutPreemptively(
                Duration.ofSeconds(10),
                () -> assertEquals(document(members), patch(members).apply(document(members))));
    }
}
