package dev.martlet.local;

import java.math.BigDecimal;
import org.bson.BsonDecimal128;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNumber;
import org.bson.types.Decimal128;

/// Compares numbers by their exact value, whatever their types. NaN is less than all others, and equal to itself.
///
/// No number is converted to a type that cannot hold it: 2⁵³+1 is greater than 2⁵³ as a double, and a decimal below
/// the smallest double is not zero.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/#numeric-types">Numeric
/// types</a>
final class NumberOrder {

    private static final double TWO_TO_63 = 0x1p63;
    private static final int FINITE = 2;

    private NumberOrder() {}

    static int compare(BsonNumber a, BsonNumber b) {
        if (isWhole(a) && isWhole(b)) {
            return Long.compare(a.longValue(), b.longValue());
        }
        if (a instanceof BsonDouble x && b instanceof BsonDouble y) {
            return doubles(x.getValue(), y.getValue());
        }
        if (isWhole(a) && b instanceof BsonDouble y) {
            return wholeAndDouble(a.longValue(), y.getValue());
        }
        if (a instanceof BsonDouble x && isWhole(b)) {
            return -wholeAndDouble(b.longValue(), x.getValue());
        }
        int kind = kind(a);
        int byKind = Integer.compare(kind, kind(b));
        return byKind != 0 || kind != FINITE ? byKind : decimal(a).compareTo(decimal(b));
    }

    static boolean isNaN(BsonNumber number) {
        return kind(number) == 0;
    }

    static boolean isFinite(BsonNumber number) {
        return kind(number) == FINITE;
    }

    private static boolean isWhole(BsonNumber number) {
        return number instanceof BsonInt32 || number instanceof BsonInt64;
    }

    private static int doubles(double a, double b) {
        if (Double.isNaN(a) || Double.isNaN(b)) {
            return Boolean.compare(Double.isNaN(b), Double.isNaN(a));
        }
        return a == b ? 0 : Double.compare(a, b);
    }

    private static int wholeAndDouble(long a, double b) {
        if (Double.isNaN(b) || b < -TWO_TO_63) {
            return 1;
        }
        if (b >= TWO_TO_63) {
            return -1;
        }
        int byWholePart = Long.compare(a, (long) b);
        double fraction = b - (long) b;
        return byWholePart != 0 ? byWholePart : fraction == 0 ? 0 : fraction > 0 ? -1 : 1;
    }

    /// NaN, minus infinity, finite, infinity.
    private static int kind(BsonNumber number) {
        return switch (number) {
            case BsonDouble d when Double.isNaN(d.getValue()) -> 0;
            case BsonDouble d when Double.isInfinite(d.getValue()) -> d.getValue() < 0 ? 1 : 3;
            case BsonDecimal128 d when d.getValue().isNaN() -> 0;
            case BsonDecimal128 d when d.getValue().isInfinite() -> d.getValue().isNegative() ? 1 : 3;
            default -> FINITE;
        };
    }

    /// @param number a finite one
    static BigDecimal decimal(BsonNumber number) {
        return switch (number) {
            case BsonDouble d -> new BigDecimal(d.getValue());
            case BsonDecimal128 d ->
                isZero(d.getValue()) ? BigDecimal.ZERO : d.getValue().bigDecimalValue();
            default -> BigDecimal.valueOf(number.longValue());
        };
    }

    /// The driver makes no `BigDecimal` of minus zero.
    private static boolean isZero(Decimal128 decimal) {
        return decimal.getLow() == 0 && (decimal.getHigh() & 0x1_FFFF_FFFF_FFFFL) == 0;
    }
}
