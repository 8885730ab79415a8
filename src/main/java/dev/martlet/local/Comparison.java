package dev.martlet.local;

import java.math.RoundingMode;
import java.util.function.Predicate;
import org.bson.BsonDecimal128;
import org.bson.BsonDouble;
import org.bson.BsonNumber;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// Compares a value with the operand of a query. A missing value is `null`.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query-comparison/">Comparison operators</a>
/// @see <a href="https://www.mongodb.com/docs/manual/tutorial/query-for-null-fields/">Null or missing fields</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/mod/">$mod</a>
final class Comparison {

    private static final double TWO_TO_63 = 0x1p63;

    private Comparison() {}

    static boolean equal(@Nullable BsonValue value, BsonValue operand) {
        return compares("$eq", value, operand);
    }

    /// Values of a type other than the operand's are neither less nor greater. The least and the greatest key are
    /// exceptions. Null equals a missing value. No number is less or greater than NaN.
    static boolean compares(String operator, @Nullable BsonValue value, BsonValue operand) {
        if (isNull(value) && isNull(operand)) {
            return !operator.equals("$gt") && !operator.equals("$lt");
        }
        if (value == null || !ValueOrder.sameType(value, operand)) {
            return switch (operator) {
                case "$gt", "$gte" -> operand.getBsonType() == BsonType.MIN_KEY;
                case "$lt", "$lte" -> operand.getBsonType() == BsonType.MAX_KEY;
                default -> false;
            };
        }
        if (value instanceof BsonNumber x
                && operand instanceof BsonNumber y
                && NumberOrder.isNaN(x) != NumberOrder.isNaN(y)) {
            return false;
        }
        int order = ValueOrder.ASCENDING.compare(value, operand);
        return switch (operator) {
            case "$gt" -> order > 0;
            case "$gte" -> order >= 0;
            case "$lt" -> order < 0;
            case "$lte" -> order <= 0;
            default -> order == 0;
        };
    }

    static boolean isNull(@Nullable BsonValue value) {
        return value == null || value.isNull() || value.getBsonType() == BsonType.UNDEFINED;
    }

    /// Numbers whose whole part has this remainder. A number beyond 64 bits has none.
    static Predicate<@Nullable BsonValue> modulo(BsonNumber divisor, BsonNumber remainder) {
        long by = wholePart(divisor, "divisor");
        long expected = wholePart(remainder, "remainder");
        if (by == 0) {
            throw CommandFailure.badValue("divisor cannot be 0");
        }
        return value -> value instanceof BsonNumber number && fits(number) && truncated(number) % by == expected;
    }

    private static long wholePart(BsonNumber number, String what) {
        if (!fits(number)) {
            throw CommandFailure.badValue("malformed mod, " + what + " value is invalid");
        }
        return truncated(number);
    }

    private static boolean fits(BsonNumber number) {
        return switch (number) {
            case BsonDouble d -> d.getValue() >= -TWO_TO_63 && d.getValue() < TWO_TO_63;
            case BsonDecimal128 d ->
                NumberOrder.isFinite(d)
                        && NumberOrder.decimal(d).precision()
                                        - NumberOrder.decimal(d).scale()
                                <= 19
                        && NumberOrder.decimal(d).toBigInteger().bitLength() < Long.SIZE;
            default -> true;
        };
    }

    private static long truncated(BsonNumber number) {
        return number instanceof BsonDecimal128 decimal
                ? NumberOrder.decimal(decimal).setScale(0, RoundingMode.DOWN).longValueExact()
                : number.longValue();
    }
}
