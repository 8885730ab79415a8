package dev.martlet.json;

import static dev.martlet.json.Json.document;
import static dev.martlet.json.Json.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumberLiteralTest {
    private static final String REFUSED =
            "UNSTORABLE 5: a number has more than 34 digits or an exponent beyond ±6144: send it as a string";

    private static BsonValue read(String literal) {
        return Objects.requireNonNull(document("{\"n\":" + literal + "}").get("n"));
    }

    private static String written(String literal) {
        String json = Json.write(document("{\"n\":" + literal + "}"));
        return json.substring(json.indexOf("\"n\":") + 4, json.length() - 1);
    }

    /// Literal, BSON type, and how it comes back.
    @ParameterizedTest
    @CsvSource({
        "0,                                          INT32,      0",
        "7,                                          INT32,      7",
        "-1,                                         INT32,      -1",
        "2147483647,                                 INT32,      2147483647",
        "-2147483648,                                INT32,      -2147483648",
        "2147483648,                                 INT64,      2147483648",
        "-2147483649,                                INT64,      -2147483649",
        "999999999999999999,                         INT64,      999999999999999999",
        "1000000000000000000,                        INT64,      1000000000000000000",
        "9223372036854775807,                        INT64,      9223372036854775807",
        "-9223372036854775808,                       INT64,      -9223372036854775808",
        "9223372036854775808,                        DECIMAL128, 9223372036854775808",
        "-9223372036854775809,                       DECIMAL128, -9223372036854775809",
        "18446744073709551615,                       DECIMAL128, 18446744073709551615",
        "10000000000000000000,                       DOUBLE,     1.0E19",
        "-100000000000000000000000,                  DOUBLE,     -1.0E23",
        "-0,                                         DOUBLE,     -0.0",
        "-0.0,                                       DOUBLE,     -0.0",
        "-0e5,                                       DOUBLE,     -0.0",
        "0.0,                                        DOUBLE,     0.0",
        "0e-99999,                                   DOUBLE,     0.0",
        "0.00000000000000000000000000000000000000000,DOUBLE,     0.0",
        "1.0,                                        DOUBLE,     1.0",
        "1234567890123456789.0,                      INT64,      1234567890123456789",
        "1.234567890123456789e18,                    INT64,      1234567890123456789",
        "1e2,                                        DOUBLE,     100.0",
        "1E+2,                                       DOUBLE,     100.0",
        "1.5e-3,                                     DOUBLE,     0.0015",
        "0.1,                                        DOUBLE,     0.1",
        "1.10,                                       DOUBLE,     1.1",
        "1.100000000000000000000000000000000000000,  DOUBLE,     1.1",
        "123.456,                                    DOUBLE,     123.456",
        "-0.000001,                                  DOUBLE,     -1.0E-6",
        "3.141592653589793,                          DOUBLE,     3.141592653589793",
        "3.1415926535897931,                         DECIMAL128, 3.1415926535897931",
        "3.1415926535897932,                         DECIMAL128, 3.1415926535897932",
        "0.1000000000000000055,                      DECIMAL128, 0.1000000000000000055",
        "1.7976931348623157e308,                     DOUBLE,     1.7976931348623157E308",
        "1.7976931348623159e308,                     DECIMAL128, 1.7976931348623159E+308",
        "1e309,                                      DECIMAL128, 1E+309",
        "1e400,                                      DECIMAL128, 1E+400",
        "-1e-400,                                    DECIMAL128, -1E-400",
        "4.9e-324,                                   DOUBLE,     4.9E-324",
        "5e-324,                                     DECIMAL128, 5E-324",
        "2.2250738585072014E-308,                    DOUBLE,     2.2250738585072014E-308",
        "2e-323,                                     DOUBLE,     2.0E-323",
        "1234567890123456789012345678901234,         DECIMAL128, 1234567890123456789012345678901234",
        "12345678901234567890123456789012340000,     DECIMAL128, 1.234567890123456789012345678901234E+37",
        "0.0000001234567890123456789012345678901234, DECIMAL128, 1.234567890123456789012345678901234E-7",
        "9.999999999999999999999999999999999e6144,   DECIMAL128, 9.999999999999999999999999999999999E+6144",
        "1e6144,                                     DECIMAL128, 1.000000000000000000000000000000000E+6144",
        "1e-6176,                                    DECIMAL128, 1E-6176",
        "10e-6177,                                   DECIMAL128, 1E-6176",
        "1000000000000000000000000000000000e-6209,   DECIMAL128, 1E-6176",
    })
    void number_isKeptAs(String literal, BsonType type, String written) {
        assertEquals(type, read(literal).getBsonType());
        assertEquals(written, written(literal));
        assertEquals(0, new BigDecimal(literal).compareTo(new BigDecimal(written)));
        assertEquals(type, read(written).getBsonType(), "the type of what comes back");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "12345678901234567890123456789012345",
                "0.12345678901234567890123456789012345",
                "-1.0000000000000000000000000000000001e5",
                "1e6145",
                "12e6144",
                "1e9999",
                "-1e9999",
                "1e-6177",
                "11e-6177",
                "1.5e-6176",
                "1e999999999",
                "1e-999999999",
                "1e99999999999999999999999999999999",
                "1e-99999999999999999999999999999999",
                "9999999999999999999999999999999999e6112"
            })
    void numberWithoutAnExactForm_isRefused(String literal) {
        assertEquals(REFUSED, refused("{\"n\":" + literal + "}"));
    }

    @Test
    void numberOfAMegabyte_isJudgedAtOnce() {
        String million = "0".repeat(1_000_000);
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            assertEquals(REFUSED, refused("{\"n\":" + "9".repeat(1_000_000) + "}"));
            assertEquals(REFUSED, refused("{\"n\":1" + million + "}"));
            assertEquals(REFUSED, refused("{\"n\":0." + million + "1}"));
            assertEquals(REFUSED, refused("{\"n\":1e" + "9".repeat(1_000_000) + "}"));
            assertEquals(REFUSED, refused("{\"n\":1" + million + "1}"));
            assertEquals("1.0", written("0." + million + "1e1000001"));
            assertEquals("1.0", written("1" + million + "e-1000000"));
            assertEquals("1.5", written("1.5" + million));
            assertEquals("0.0", written("0e" + "9".repeat(1_000_000)));
            assertEquals("1.0", written("1e-" + million));
        });
    }

    @Test
    void arrayOfLongNumbers_takesLinearTime() {
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            String[] numbers = new String[30_000];
            Arrays.fill(numbers, "0.1234567890123456789012345678901234e-6000");
            assertEquals(
                    30_000,
                    document("{\"a\":[" + String.join(",", numbers) + "]}")
                            .getArray("a")
                            .size());
        });
    }

    @Test
    void randomDoublesAndLongs_comeBackWithTypeAndBits() {
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < 10_000; i++) {
            long bits = random.nextLong();
            double value =
                    switch (i % 4) {
                        case 0 -> Double.longBitsToDouble(bits);
                        case 1 -> (bits >> 20) / 1000.0;
                        case 2 -> (bits >> 40) / 1e7;
                        default -> random.nextDouble();
                    };
            if (Double.isFinite(value)) {
                assertEquals(
                        Double.doubleToRawLongBits(value),
                        Double.doubleToRawLongBits(
                                read(Double.toString(value)).asDouble().getValue()));
            }
            long shifted = bits >> random.nextInt(64);
            assertEquals(shifted, read(Long.toString(shifted)).asNumber().longValue());
            assertEquals(Long.toString(shifted), written(Long.toString(shifted)));
        }
    }

    /// The fast path for 15 digits relies on this: the shortest form of its result is the literal.
    @Test
    void shortDecimals_becomeTheDoubleThatIsWrittenLikeThem() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 20_000; i++) {
            BigDecimal literal = BigDecimal.valueOf(
                    random.nextLong(1, 1_000_000_000_000_000L) / (long) Math.pow(10, random.nextInt(15)),
                    random.nextInt(1, 18));
            RawBsonDocument document = document("{\"n\":" + literal.toPlainString() + "}");
            double value = document.getDouble("n").getValue();
            assertEquals(Double.parseDouble(literal.toString()), value);
            assertEquals(0, literal.compareTo(new BigDecimal(Double.toString(value))), literal::toString);
        }
    }
}
