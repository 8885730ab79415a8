package dev.martlet.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.bson.types.Decimal128;

/// Chooses the BSON type that keeps a JSON number's value exactly.
///
/// | literal | stored as |
/// |---|---|
/// | `7`, `-2147483648` | int32 |
/// | `2147483648`, `1234567890123456789.0` | int64 |
/// | `1.5`, `1.0`, `1e2`, `10000000000000000000`, `-0` | double: its shortest decimal form has the literal's value |
/// | `0.1000000000000000055`, `18446744073709551615`, `1e400` | Decimal128: 34 digits, exponents to ±6144 |
/// | 35 digits, `1e9999` | nothing: refused |
///
/// The time is linear in the length of the literal, whatever its exponent: `1e999999999` costs nothing.
final class NumberLiteral {
    /// Exact as doubles. Dividing a number below 2^53 by one of them rounds once, and so correctly.
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17
    };
    /// A long holds any number with this many digits.
    private static final int LONG_DIGITS = 18;
    /// A decimal of up to 15 digits survives the way to a double and back, so it needs no check.
    private static final long LARGEST_OF_15_DIGITS = 999_999_999_999_999L;
    /// [Double#toString(double)] never gives more digits.
    private static final int DOUBLE_DIGITS = 17;
    /// Seventeen digits times a larger power of ten are infinite or zero as a double.
    private static final int DOUBLE_EXPONENT = 400;

    private NumberLiteral() {}

    /// Writes the number `text[from, to)`, which must be one by JSON's grammar, and its type byte at `typeAt`.
    ///
    /// @return false if no type holds the value; then nothing is written
    static boolean write(byte[] text, int from, int to, BsonBuffer out, int typeAt) {
        boolean negative = text[from] == '-';
        int start = negative ? from + 1 : from;
        if (to - start <= LONG_DIGITS) {
            long digits = 0;
            int at = start;
            while (at < to && isDigit(text[at])) {
                digits = digits * 10 + (text[at++] - '0');
            }
            if (at == to) {
                writeInteger(negative, digits, out, typeAt);
                return true;
            }
            if (text[at] == '.') {
                int point = at++;
                while (at < to && isDigit(text[at])) {
                    digits = digits * 10 + (text[at++] - '0');
                }
                if (at == to && digits <= LARGEST_OF_15_DIGITS) {
                    double value = digits / POWERS_OF_TEN[to - point - 1];
                    writeDouble(negative ? -value : value, out, typeAt);
                    return true;
                }
            }
        }
        return Decimal.of(text, from, to).write(out, typeAt);
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }

    private static void writeInteger(boolean negative, long magnitude, BsonBuffer out, int typeAt) {
        if (negative && magnitude == 0) {
            writeDouble(-0.0, out, typeAt);
        } else {
            writeInteger(negative ? -magnitude : magnitude, out, typeAt);
        }
    }

    private static void writeInteger(long value, BsonBuffer out, int typeAt) {
        if (value == (int) value) {
            out.int8At(typeAt, Bson.INT32);
            out.int32((int) value);
        } else {
            out.int8At(typeAt, Bson.INT64);
            out.int64(value);
        }
    }

    private static void writeDouble(double value, BsonBuffer out, int typeAt) {
        out.int8At(typeAt, Bson.DOUBLE);
        out.int64(Double.doubleToRawLongBits(value));
    }

    /// A number of any length as `digits × 10^exponent`. The digits have no zeros at either end.
    ///
    /// @param integral no fraction and no exponent was written
    /// @param digits empty for zero; the first 35 when there are more
    private record Decimal(boolean negative, boolean integral, String digits, long exponent) {
        private static final int MAX_DIGITS = 34;
        private static final int MAX_EXPONENT = 6111;
        private static final int MIN_EXPONENT = -6176;
        /// Larger than the exponent or the length of any text, and far from overflow.
        private static final long ENDLESS = 1L << 40;

        static Decimal of(byte[] text, int from, int to) {
            boolean negative = text[from] == '-';
            boolean integral = true;
            boolean fraction = false;
            StringBuilder digits = new StringBuilder(MAX_DIGITS + 1);
            long exponent = 0;
            long zeros = 0;
            int at = negative ? from + 1 : from;
            for (; at < to && text[at] != 'e' && text[at] != 'E'; at++) {
                if (text[at] == '.') {
                    fraction = true;
                    integral = false;
                    continue;
                }
                if (fraction) {
                    exponent--;
                }
                if (text[at] != '0') {
                    if (digits.length() + zeros <= MAX_DIGITS) {
                        digits.repeat('0', (int) zeros).append((char) text[at]);
                    } else {
                        digits.repeat('0', MAX_DIGITS + 1 - digits.length());
                    }
                    zeros = 0;
                } else if (!digits.isEmpty()) {
                    zeros++;
                }
            }
            if (at < to) {
                integral = false;
                exponent += writtenExponent(text, at + 1, to);
            }
            return new Decimal(negative, integral, digits.toString(), exponent + zeros);
        }

        private static long writtenExponent(byte[] text, int from, int to) {
            boolean negative = text[from] == '-';
            long exponent = 0;
            for (int at = isDigit(text[from]) ? from : from + 1; at < to; at++) {
                exponent = Math.min(ENDLESS, exponent * 10 + (text[at] - '0'));
            }
            return negative ? -exponent : exponent;
        }

        boolean write(BsonBuffer out, int typeAt) {
            if (digits.isEmpty()) {
                writeDouble(negative ? -0.0 : 0.0, out, typeAt);
                return true;
            }
            return (integral && writeLong(out, typeAt))
                    || writeShortestDouble(out, typeAt)
                    || writeLong(out, typeAt)
                    || writeDecimal128(out, typeAt);
        }

        private boolean writeLong(BsonBuffer out, int typeAt) {
            if (exponent < 0 || digits.length() + exponent > LONG_DIGITS + 1) {
                return false;
            }
            BigInteger value = decimal().toBigInteger();
            if (value.bitLength() >= Long.SIZE) {
                return false;
            }
            writeInteger(value.longValue(), out, typeAt);
            return true;
        }

        private boolean writeShortestDouble(BsonBuffer out, int typeAt) {
            if (digits.length() > DOUBLE_DIGITS || Math.abs(exponent) > DOUBLE_EXPONENT) {
                return false;
            }
            double value = Double.parseDouble((negative ? "-" : "") + digits + "E" + exponent);
            if (!hasValueOf(Double.toString(value))) {
                return false;
            }
            writeDouble(value, out, typeAt);
            return true;
        }

        private boolean hasValueOf(String shortest) {
            if (shortest.endsWith("Infinity")) {
                return false;
            }
            byte[] text = shortest.getBytes(ISO_8859_1);
            Decimal other = of(text, 0, text.length);
            return exponent == other.exponent && digits.equals(other.digits);
        }

        private boolean writeDecimal128(BsonBuffer out, int typeAt) {
            // Zeros after the digits lower a large exponent, as far as there is room for digits.
            if (digits.length() > MAX_DIGITS
                    || exponent < MIN_EXPONENT
                    || exponent > MAX_EXPONENT + MAX_DIGITS - digits.length()) {
                return false;
            }
            Decimal128 value = new Decimal128(decimal());
            out.int8At(typeAt, Bson.DECIMAL128);
            out.int64(value.getLow());
            out.int64(value.getHigh());
            return true;
        }

        private BigDecimal decimal() {
            BigInteger unscaled = new BigInteger(digits);
            return new BigDecimal(negative ? unscaled.negate() : unscaled, (int) -exponent);
        }
    }
}
