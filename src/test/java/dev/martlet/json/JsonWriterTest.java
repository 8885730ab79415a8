package dev.martlet.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDbPointer;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonJavaScript;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonMaxKey;
import org.bson.BsonMinKey;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonRegularExpression;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonTimestamp;
import org.bson.BsonUndefined;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonWriterTest {
    private static final ObjectId ID = Json.ID;

    private static String written(BsonValue value) {
        String json = Json.write(new BsonDocument("v", value));
        return json.substring("{\"v\":".length(), json.length() - 1);
    }

    private static BsonDocument everyType() {
        return new BsonDocument("_id", new BsonObjectId(ID))
                .append("double", new BsonDouble(0.5))
                .append("string", new BsonString("s"))
                .append("document", new BsonDocument("x", new BsonDocument()))
                .append("array", new BsonArray(List.of(new BsonInt32(1), new BsonArray(), new BsonObjectId(ID))))
                .append("binary", new BsonBinary(new byte[] {1, 2, (byte) 0xFF}))
                .append("undefined", new BsonUndefined())
                .append("true", BsonBoolean.TRUE)
                .append("false", BsonBoolean.FALSE)
                .append("date", new BsonDateTime(1_356_351_330_501L))
                .append("null", new BsonNull())
                .append("regex", new BsonRegularExpression("a/\"b", "mi"))
                .append("pointer", new BsonDbPointer("db.c", ID))
                .append("code", new BsonJavaScript("f(\"x\")"))
                .append("symbol", new BsonSymbol("sym"))
                .append(
                        "scoped",
                        new BsonJavaScriptWithScope(
                                "g()", new BsonDocument("x", new BsonArray(List.of(new BsonInt32(1))))))
                .append("int32", new BsonInt32(-7))
                .append("timestamp", new BsonTimestamp(0x8000_0000, -1))
                .append("int64", new BsonInt64(1L << 40))
                .append("decimal", new BsonDecimal128(Decimal128.parse("1.10")))
                .append("min", new BsonMinKey())
                .append("max", new BsonMaxKey())
                .append("ref", new BsonDocument("$ref", new BsonString("c")).append("$id", new BsonObjectId(ID)));
    }

    @Test
    void everyBsonType_comesOut() {
        assertEquals("""
                {"_id":"507f1f77bcf86cd799439011","double":0.5,"string":"s","document":{"x":{}},\
                "array":[1,[],"507f1f77bcf86cd799439011"],"binary":{"$binary":{"base64":"AQL/","subType":"00"}},\
                "undefined":{"$undefined":true},"true":true,"false":false,"date":{"$date":"2012-12-24T12:15:30.501Z"},\
                "null":null,"regex":{"$regularExpression":{"pattern":"a/\\"b","options":"im"}},\
                "pointer":{"$dbPointer":{"$ref":"db.c","$id":{"$oid":"507f1f77bcf86cd799439011"}}},\
                "code":{"$code":"f(\\"x\\")"},"symbol":{"$symbol":"sym"},"scoped":{"$code":"g()","$scope":{"x":[1]}},\
                "int32":-7,"timestamp":{"$timestamp":{"t":2147483648,"i":4294967295}},"int64":1099511627776,"decimal":1.10,\
                "min":{"$minKey":1},"max":{"$maxKey":1},"ref":{"$ref":"c","$id":"507f1f77bcf86cd799439011"}}""", Json.write(everyType()));
    }

    @Test
    void binaryOfEverySubtype_comesOut() {
        assertEquals(
                "{\"$binary\":{\"base64\":\"\",\"subType\":\"80\"}}",
                written(new BsonBinary((byte) 0x80, new byte[0])));
        assertEquals(
                "{\"$binary\":{\"base64\":\"c//SZESzTGmQ6OfR38A11A==\",\"subType\":\"04\"}}",
                written(new BsonBinary((byte) 4, HexFormat.of().parseHex("73ffd26444b34c6990e8e7d1dfc035d4"))));
        // The old form has its length twice. The driver writes it so, and Extended JSON omits it.
        assertEquals(
                "{\"$binary\":{\"base64\":\"//8=\",\"subType\":\"02\"}}",
                written(new BsonBinary((byte) 2, new byte[] {-1, -1})));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0                | {\"$date\":\"1970-01-01T00:00:00Z\"}",
                "1                | {\"$date\":\"1970-01-01T00:00:00.001Z\"}",
                "1356351330500    | {\"$date\":\"2012-12-24T12:15:30.500Z\"}",
                "253402300799999  | {\"$date\":\"9999-12-31T23:59:59.999Z\"}",
                "253402300800000  | {\"$date\":{\"$numberLong\":\"253402300800000\"}}",
                "-1               | {\"$date\":{\"$numberLong\":\"-1\"}}",
                "-9223372036854775808 | {\"$date\":{\"$numberLong\":\"-9223372036854775808\"}}",
            })
    void dateBetween1970And9999_isIso8601(long millis, String expected) {
        assertEquals(expected, written(new BsonDateTime(millis)));
    }

    @Test
    void date_isReadByJavaTime() {
        long now = 1_800_000_000_123L;
        assertEquals("{\"$date\":\"" + Instant.ofEpochMilli(now) + "\"}", written(new BsonDateTime(now)));
    }

    @Test
    void numbersThatAreNone_comeOutAsExtendedJson() {
        assertEquals("{\"$numberDouble\":\"NaN\"}", written(new BsonDouble(Double.NaN)));
        assertEquals("{\"$numberDouble\":\"Infinity\"}", written(new BsonDouble(Double.POSITIVE_INFINITY)));
        assertEquals("{\"$numberDouble\":\"-Infinity\"}", written(new BsonDouble(Double.NEGATIVE_INFINITY)));
        assertEquals("{\"$numberDecimal\":\"NaN\"}", written(new BsonDecimal128(Decimal128.NaN)));
        assertEquals("{\"$numberDecimal\":\"NaN\"}", written(new BsonDecimal128(Decimal128.NEGATIVE_NaN)));
        assertEquals("{\"$numberDecimal\":\"Infinity\"}", written(new BsonDecimal128(Decimal128.POSITIVE_INFINITY)));
        assertEquals("{\"$numberDecimal\":\"-Infinity\"}", written(new BsonDecimal128(Decimal128.NEGATIVE_INFINITY)));
    }

    @Test
    void double_isItsShortestDecimal() {
        var random = new SplittableRandom(1815);
        for (double at : new double[] {
            0.0,
            -0.0,
            1e-3,
            0.001001,
            1e7,
            9999999.999999,
            1234.56,
            -5,
            0.1 + 0.2,
            1 / 3.0,
            Double.MIN_VALUE,
            1e300,
            1e22
        }) {
            for (double value : new double[] {at, -at, Math.nextUp(at), Math.nextDown(at)}) {
                assertEquals(Double.toString(value), written(new BsonDouble(value)));
            }
        }
        for (int i = 0; i < 300_000; i++) {
            double decimal =
                    random.nextLong(-10_000_000_000_000L, 10_000_000_000_000L) / Math.pow(10, random.nextInt(1, 9));
            for (double value : new double[] {decimal, Math.nextUp(decimal), Math.round(decimal) / 100.0}) {
                assertEquals(Double.toString(value), written(new BsonDouble(value)));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-0",
        "0",
        "-0E+3",
        "0E-6176",
        "1E+6111",
        "1E-6176",
        "-1.5",
        "0.000001234",
        "9999999999999999999999999999999999"
    })
    void decimal_keepsEveryDigit(String decimal) {
        assertEquals(Decimal128.parse(decimal).toString(), written(new BsonDecimal128(Decimal128.parse(decimal))));
    }

    @Test
    void everyEncodingOfADecimal_givesJson() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 3_000; i++) {
            // The upper bits hold sign, exponent and the special forms; the canonical ones are few.
            Decimal128 value =
                    Decimal128.fromIEEE754BIDEncoding(random.nextLong(), random.nextLong() >>> random.nextInt(64));
            StrictJson.check(Json.write(new BsonDocument("v", new BsonDecimal128(value))));
        }
    }

    @Test
    void longs_comeOutWithEveryDigit() {
        for (long power = 1; power > 0 && power <= Long.MAX_VALUE / 10; power *= 10) {
            for (long value : new long[] {power - 1, power, power + 1, -power, 1 - power}) {
                assertEquals(Long.toString(value), written(new BsonInt64(value)));
            }
        }
        assertEquals("-9223372036854775808", written(new BsonInt64(Long.MIN_VALUE)));
        assertEquals("9223372036854775807", written(new BsonInt64(Long.MAX_VALUE)));
        assertEquals("-2147483648", written(new BsonInt32(Integer.MIN_VALUE)));
    }

    @Test
    void strings_areEscapedWhereJsonDemandsIt() {
        assertEquals("""
                "\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\"\\\\/\u007f\u0080é€\u2028😀\"""", written(new BsonString("\0\1\b\t\n\u000b\f\r\u001f \"\\/\u007f\u0080é€\u2028😀")));
        assertEquals("{\"a\\\"\\nb\":1}", Json.write(new BsonDocument("a\"\nb", new BsonInt32(1))));
    }

    @Test
    void everyCharacter_comesOutAtEveryPlaceOfAWord() {
        for (int length : new int[] {1, 7, 8, 9, 17}) {
            for (int place = 0; place < length; place++) {
                for (char c = 0; c < 0x100; c++) {
                    String text = "x".repeat(place) + c + "y".repeat(length - place - 1);
                    String json = written(new BsonString(text));
                    assertEquals(
                            text,
                            Json.document("{\"s\":" + json + "}").getString("s").getValue());
                }
            }
        }
    }

    /// A document with one string, made of bytes that no driver would write.
    private static RawBsonDocument withBytes(byte[] string) {
        RawBsonDocument document = Json.raw(new BsonDocument("v", new BsonString("x".repeat(string.length))));
        byte[] bson = Arrays.copyOf(document.getBackingArray(), document.getByteLength());
        System.arraycopy(string, 0, bson, bson.length - 2 - string.length, string.length);
        return new RawBsonDocument(bson);
    }

    @Test
    void invalidUtf8_becomesReplacementCharactersAsInJava() {
        SplittableRandom random = new SplittableRandom(5);
        byte[][] parts = {
            {'a'},
            {'"'},
            {(byte) 0xC3, (byte) 0xA9},
            {(byte) 0xC3},
            {(byte) 0xE2, (byte) 0x82, (byte) 0xAC},
            {(byte) 0xE2, (byte) 0x82},
            {(byte) 0xF0, (byte) 0x9F, (byte) 0x98, (byte) 0x80},
            {(byte) 0xF0, (byte) 0x9F, (byte) 0x98},
            {(byte) 0xF0, (byte) 0x9F},
            {(byte) 0x80},
            {(byte) 0xFF},
            {(byte) 0xC0, (byte) 0x80},
            {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
            {0},
            "0123456789".getBytes(UTF_8)
        };
        for (int i = 0; i < 5_000; i++) {
            ByteArrayOutputStream string = new ByteArrayOutputStream();
            for (int n = random.nextInt(6); n >= 0; n--) {
                string.writeBytes(parts[random.nextInt(parts.length)]);
            }
            String json = Json.write(withBytes(string.toByteArray()));
            assertEquals(
                    string.toString(UTF_8), Json.document(json).getString("v").getValue());
        }
    }

    @Test
    void surrogateInUtf8_becomesAReplacementCharacterForEachByte() {
        assertEquals(
                "{\"v\":\"\ufffd\ufffd\ufffd\"}",
                Json.write(withBytes(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80})));
    }

    @Test
    void invalidUtf8InANameAndAtTheEndOfAllBytes_comesOut() {
        byte[] bson = HexFormat.of().parseHex("0e00000002e282000100000000" + "00");
        assertEquals("{\"\ufffd\":\"\"}", Json.write(new RawBsonDocument(bson)));
    }

    @Test
    void nameThatComesTwice_isWrittenTwice() {
        byte[] bson = HexFormat.of().parseHex("13000000" + "1061000100000010610002000000" + "00");
        assertEquals("{\"a\":1,\"a\":2}", Json.write(new RawBsonDocument(bson)));
    }

    @Test
    void documentInsideALargerArray_isWritten() {
        byte[] reply = HexFormat.of().parseHex("ffff" + "0c0000001061000100000000" + "ffff");
        assertEquals("{\"a\":1}", Json.write(new RawBsonDocument(reply, 2, 12)));
    }

    @Test
    void nestingOfAMillionLevels_isWritten() {
        int levels = 1_000_000;
        assertEquals(levels, nested(levels).chars().filter(c -> c == '[').count());
    }

    private static String nested(int levels) {
        // Each level: length, type, name "", and at the end a zero. The innermost is empty.
        byte[] bson = new byte[levels * 7 + 5];
        int at = 0;
        for (int level = 0; level < levels; level++) {
            int length = bson.length - level * 7;
            bson[at++] = (byte) length;
            bson[at++] = (byte) (length >> 8);
            bson[at++] = (byte) (length >> 16);
            bson[at++] = (byte) (length >> 24);
            bson[at++] = Bson.ARRAY;
            bson[at++] = 0;
        }
        bson[at] = 5;
        return Json.write(new RawBsonDocument(bson));
    }

    @ParameterizedTest
    @CsvSource({
        "an unknown type,               0c000000 20 6100 01000000 00",
        "a name without end,            0c000000 10 61616161616161",
        "a string that is too long,     0e000000 02 6100 03000000 78 00 00",
        "a string of length 0,          0c000000 02 6100 00000000 00",
        "a string of negative length,   0c000000 02 6100 ffffffff 00",
        "a string without zero,         0e000000 02 6100 02000000 7878 00",
        "an endless string,             0c000000 02 6100 ffffff7f 00",
        "a document of length 0,        0c000000 03 6100 00000000 00",
        "a document of length 4,        0c000000 03 6100 04000000 00",
        "a document longer than all,    0d000000 03 6100 06000000 00 00",
        "a number cut off,              0a000000 10 6100 0100 00",
        "a negative binary,             0d000000 05 6100 ffffffff 00 00",
        "a binary longer than all,      0d000000 05 6100 01000000 00 00",
        "elements after the end,        0d000000 10 6100 01000000 00 00",
        "code with a wrong length,      1b000000 0f 6100 14000000 02000000 7800 05000000 00 0000 00",
        "bytes after the end of all,    0c000000 10 6100 01000000 00 00",
        "a wrong length of all,         0d000000 10 6100 01000000 00",
        "no zero at the end,            0c000000 10 6100 01000000 01",
    })
    void corruptBson_isAnErrorAndLeavesNothingInTheBuffer(String what, String hex) {
        byte[] bson = HexFormat.of().parseHex(hex.replace(" ", ""));
        JsonWriter writer = new JsonWriter();
        writer.raw((byte) '[');
        assertThrows(BsonSerializationException.class, () -> writer.document(new RawBsonDocument(bson)), what);
        assertArrayEquals(new byte[] {'['}, writer.toByteArray());
    }

    @Test
    void mutatedBson_isWrittenOrAnErrorAndNeverHangs() {
        BsonDocument every = everyType();
        byte[] sound =
                Arrays.copyOf(Json.raw(every).getBackingArray(), Json.raw(every).getByteLength());
        SplittableRandom random = new SplittableRandom(11);
        int written = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] bson = sound.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                bson[4 + random.nextInt(bson.length - 4)] =
                        (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(20));
            }
            try {
                StrictJson.check(Json.write(new RawBsonDocument(bson)));
                written++;
            } catch (BsonSerializationException e) {
                assertTrue(e.toString().contains(": not BSON: "), e.toString());
            }
        }
        assertTrue(written > 50 && written < 4_950, written + " were written");
    }

    @Test
    void streamOfDocuments_isDrainedPieceByPiece() throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        JsonWriter writer = new JsonWriter();
        RawBsonDocument large = Json.raw(new BsonDocument("v", new BsonString("x".repeat(1_000_000))));
        RawBsonDocument small = Json.raw(new BsonDocument("v", new BsonInt32(1)));
        writer.raw((byte) '[');
        writer.document(small);
        assertEquals(8, writer.size());
        writer.drainTo(stream);
        assertEquals(0, writer.size());
        writer.raw((byte) ',');
        writer.document(large);
        writer.drainTo(stream);
        writer.raw((byte) ',');
        writer.document(small);
        writer.raw((byte) ']');
        writer.drainTo(stream);
        assertEquals("[{\"v\":1},{\"v\":\"" + "x".repeat(1_000_000) + "\"},{\"v\":1}]", stream.toString(ISO_8859_1));
    }

    @Test
    void stringOfEscapes_takesLinearTime() {
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            String json = written(new BsonString("\u0001".repeat(500_000)));
            assertEquals(
                    500_000,
                    Pattern.compile("\\\\u0001").matcher(json).results().count());
        });
    }

    /// `text` as a string, and once more with bytes that are no UTF-8 in its middle.
    private static RawBsonDocument large(String text) {
        RawBsonDocument document = Json.raw(new BsonDocument("s", new BsonString(text))
                .append("broken", new BsonString(text))
                .append("binary", new BsonBinary(text.getBytes(UTF_8))));
        byte[] bson = Arrays.copyOf(document.getBackingArray(), document.getByteLength());
        for (int i = bson.length / 2; i < bson.length / 2 + 10; i += 3) {
            bson[i] = (byte) 0xC3;
        }
        return new RawBsonDocument(bson);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 64, 1000})
    void jsonThatIsHandedOverInPieces_isTheSame(int most) throws IOException {
        for (RawBsonDocument document :
                List.of(Json.raw(everyType()), large("ä😀\n\"x".repeat(20_000)), large("plain".repeat(20_000)))) {
            var whole = new JsonWriter();
            whole.document(document);
            var largest = new AtomicInteger();
            var pieces = new ByteArrayOutputStream() {
                @Override
                public synchronized void write(byte[] bytes, int offset, int length) {
                    largest.accumulateAndGet(length, Math::max);
                    super.write(bytes, offset, length);
                }
            };
            var inPieces = new JsonWriter(pieces, most);
            inPieces.document(document);
            inPieces.drainTo(pieces);

            assertEquals(new String(whole.toByteArray(), UTF_8), pieces.toString(UTF_8));
            assertTrue(largest.get() < most + 40_000, "a piece of " + largest);
        }
    }
}
