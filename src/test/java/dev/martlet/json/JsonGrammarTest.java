package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.json.JsonRefusedException.Reason;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// RFC 8259, case by case. A text is wrapped in `{"v":…}` if it is a value, and stays alone if it is an object.
/// Jackson's parser has to agree, so that a mistake in the table shows too.
class JsonGrammarTest {
    static Stream<String> values() {
        return Stream.concat(
                Stream.of("\"\\u2028\\u2029\u2028\u2029\"", "\"π€𝄞￿\u007f\"", "\"new\u00a0line\""), """
                0
                -0
                -1
                10
                1.5
                -0.5
                0.0
                1e5
                1E5
                1e+5
                1e-5
                0e0
                0e+1
                1.5E+05
                123456789
                true
                false
                null
                ""
                " "
                "a"
                "'"
                "/"
                "\\/"
                "\\""
                "\\\\"
                "\\b\\f\\n\\r\\t"
                "\\u0000"
                "\\u0061\\u30af\\u30EA\\u30b9"
                "\\uD834\\uDD1E"
                "\\ud83d\\ude39\\ud83d\\udc8d"
                "\\uDBFF\\uDFFF"
                "\\uFFFE\\uFFFF"
                "\\u0012"
                "\\\\u0000"
                "\\\\a"
                "\\\\n"
                "a/*b*/c/*d//e"
                []
                [[]]
                [ ]
                [1]
                [1, 2]
                [""]
                [[] ]
                [null,1,"1",{}]
                [null,null,null,null]
                {}
                {"":0}
                {"a":{}}
                {"a":[]}
                {"a":"b", "asd":"sdf"}
                {"a" : 1 , "b" : 2}
                {"title":"\\u041f\\u043e"}
                {"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
                {"$oid":1}
                {"__proto__":null}
                """.lines());
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueOfTheGrammar_isRead(String value) {
        String json = "{\"v\":" + value + "}";
        assertEquals(
                StrictJson.parse("{\"_id\":\"507f1f77bcf86cd799439011\",\"v\":" + value + "}"),
                StrictJson.parse(Json.write(Json.document(json))));
    }

    static Stream<String> notValues() {
        return Stream.concat(
                Stream.of(
                        "\"a\u0001b\"",
                        "\"\u001f\"",
                        "\"\u0000\"",
                        "\u00a01",
                        "\u20601",
                        "\u000c1",
                        "\u000b1",
                        "\ufeff1",
                        "1\u0000",
                        "\u001a"),
                """
                01
                -01
                00
                012
                -
                --1
                +1
                .5
                -.5
                1.
                1.e5
                -1.
                2.e+3
                1e
                1e+
                1E-
                1ea
                1e1.5
                1.5.5
                1e5e5
                0x1F
                0xG
                1_000
                1 000
                1,000,
                1a
                -a
                1+2
                ++1
                0e
                0e+
                0E+
                0.1.2
                0.3e
                0.3e+
                1.0e
                1.0e+
                9.e+
                １
                NaN
                -NaN
                nan
                Infinity
                -Infinity
                inf
                Inf
                nul
                nulll
                Null
                NULL
                True
                TRUE
                tru
                truee
                fals
                False
                undefined
                x
                '
                'a'
                `a`
                “a”
                "
                "a
                a"
                "a"b
                "a" "b"
                "\\"
                "\\x00"
                "\\a"
                "\\'"
                "\\0"
                "\\u"
                "\\u1"
                "\\u12"
                "\\u123"
                "\\u00g0"
                "\\u 123"
                "\\u-123"
                "\\U0041"
                "\\ "
                "\\\t"
                "\\é"
                "a\tb"
                [
                ]
                [1
                [1,
                [1,]
                [,]
                [,1]
                [1,,2]
                [,,]
                [1 2]
                [1;2]
                [1:2]
                ["a":1]
                ["a",
                ["a"
                [1}
                [1]]
                [3[4]]
                [[1
                [true
                [x
                []a
                [(]
                {
                {]
                {"a"
                {"a"}
                {"a":
                {"a":}
                {"a":1
                {"a":1,
                {"a":1,}
                {"a":1,,"b":2}
                {,"a":1}
                {,}
                {"a",1}
                {"a"=1}
                {"a" 1}
                {"a"::1}
                {"a":1:2}
                {"a":1 "b":2}
                {"a":1;"b":2}
                {"a":1]
                {a:1}
                {'a':1}
                {1:1}
                {null:1}
                {[]:1}
                {{}:1}
                {"a":"b"}}
                {"a":"b"}#
                {"a":/*b*/1}
                {"a":1/**/}
                {"a":1//
                {"a":1 #
                {"a":a
                {"a\tb":1}
                {"a\\":1}
                {"\\u00":1}
                //
                /**/1
                #1
                1//
                1/**/
                <a>
                ;
                :
                ,
                \\u0031
                (1)
                """.lines());
    }

    @ParameterizedTest
    @MethodSource("notValues")
    void valueOutsideTheGrammar_isRefused(String value) {
        byte[] json = ("{\"v\":" + value + "}").getBytes(UTF_8);
        JsonRefusedException e = Json.refusal(json);
        assertEquals(Reason.MALFORMED, e.reason(), Json.line(e));
        assertTrue(StrictJson.object(json).isEmpty());
    }

    static Stream<String> notTexts() {
        return Stream.of(
                "",
                " ",
                "{",
                "{\"",
                "{\"a",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,",
                "}",
                "{}}",
                "{}{}",
                "{},",
                ",{}",
                "{}x",
                "{}//",
                "{} /**/",
                "/**/{}",
                "#\n{}",
                "(function(){})",
                "{}\u0000",
                "\u0000{}",
                "\u00a0{}",
                "{}\u00a0",
                "{}\u2028",
                "\u200b{}",
                "*{}",
                "<!DOCTYPE html>",
                "{}\u0004",
                "{\"a\":1}]",
                "[{}",
                "{\"a\":[1}]",
                "\ufeff{}",
                "{\ufeff}",
                "a=1&b=2",
                "---\na: 1",
                "{a: 1}",
                "\"",
                "[1,",
                "nul",
                "--",
                "\u001e{}\n");
    }

    @ParameterizedTest
    @MethodSource("notTexts")
    void textOutsideTheGrammar_isRefused(String text) {
        byte[] json = text.getBytes(UTF_8);
        JsonRefusedException e = Json.refusal(json);
        assertEquals(Reason.MALFORMED, e.reason(), Json.line(e));
        assertTrue(StrictJson.object(json).isEmpty());
    }

    @Test
    void textCutAnywhere_isRefused() {
        byte[] json = "{\"a\":[1.5e3,\"é\\u00e9\\ud83d\\ude00\",true,false,null,{\"b\":-0}]}".getBytes(UTF_8);
        assertEquals(2, Json.document(json).size());
        for (int length = 0; length < json.length; length++) {
            Json.refusal(Arrays.copyOf(json, length));
        }
    }
}
