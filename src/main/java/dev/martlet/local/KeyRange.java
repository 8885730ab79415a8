package dev.martlet.local;

import java.util.Comparator;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/// The keys between two bounds. Null means no bound.
///
/// For a filter it says where to look: all matches are in the range, and the filter itself decides.
record KeyRange(
        @Nullable BsonValue from,
        boolean includesFrom,
        @Nullable BsonValue to,
        boolean includesTo) {

    static final KeyRange ALL = new KeyRange(null, true, null, true);

    private static final Comparator<BsonValue> ORDER = ValueOrder.ASCENDING;
    private static final KeyRange NUMBERS = between(new BsonDouble(Double.NaN), new BsonString(""));
    private static final KeyRange BOOLEANS = between(BsonBoolean.FALSE, new BsonDateTime(Long.MIN_VALUE));
    /// The keys that a comparison with a value of this type can find.
    private static final Map<BsonType, KeyRange> OF_TYPE = Map.of(
            BsonType.DOUBLE, NUMBERS,
            BsonType.INT32, NUMBERS,
            BsonType.INT64, NUMBERS,
            BsonType.DECIMAL128, NUMBERS,
            BsonType.STRING, between(new BsonString(""), new BsonDocument()),
            BsonType.DOCUMENT, between(new BsonDocument(), new BsonBinary((byte) 0, new byte[0])),
            BsonType.OBJECT_ID, between(new BsonObjectId(new ObjectId(new byte[12])), BsonBoolean.FALSE),
            BsonType.BOOLEAN, BOOLEANS);

    private static KeyRange between(BsonValue from, BsonValue to) {
        return new KeyRange(from, true, to, false);
    }

    static KeyRange point(BsonValue key) {
        return new KeyRange(key, true, key, true);
    }

    /// Where the matches of a filter are.
    static KeyRange of(BsonDocument filter) {
        BsonValue condition = filter.get("_id");
        KeyRange range = condition == null ? ALL : satisfying(condition);
        if (filter.get("$and") instanceof BsonArray all) {
            for (BsonValue each : all) {
                range = each instanceof BsonDocument query ? range.and(of(query)) : range;
            }
        }
        return range;
    }

    /// Whether a filter consists of one key only, or of nothing. Then everything in its range matches, without a
    /// look at the documents.
    static boolean saysAll(BsonDocument filter) {
        BsonValue key = filter.get("_id");
        return filter.isEmpty() || (filter.size() == 1 && key != null && !isOperators(key) && isKey(key));
    }

    boolean isPoint() {
        return from != null && to != null && includesFrom && includesTo && ORDER.compare(from, to) == 0;
    }

    boolean isBelow(BsonValue key) {
        int order = to == null ? -1 : ORDER.compare(key, to);
        return order > 0 || (order == 0 && !includesTo);
    }

    boolean isAbove(BsonValue key) {
        int order = from == null ? 1 : ORDER.compare(key, from);
        return order < 0 || (order == 0 && !includesFrom);
    }

    KeyRange and(KeyRange other) {
        boolean otherFrom = other.from != null && !isAbove(other.from);
        boolean otherTo = other.to != null && !isBelow(other.to);
        return new KeyRange(
                otherFrom ? other.from : from, otherFrom ? other.includesFrom : includesFrom,
                otherTo ? other.to : to, otherTo ? other.includesTo : includesTo);
    }

    private static KeyRange satisfying(BsonValue condition) {
        if (!(condition instanceof BsonDocument operators) || !isOperators(condition)) {
            return satisfying("$eq", condition);
        }
        KeyRange range = ALL;
        for (Map.Entry<String, BsonValue> operator : operators.entrySet()) {
            range = range.and(satisfying(operator.getKey(), operator.getValue()));
        }
        return range;
    }

    private static KeyRange satisfying(String operator, BsonValue value) {
        return switch (operator) {
            case "$eq" -> isKey(value) ? point(value) : ALL;
            case "$gt" -> ofType(value).and(new KeyRange(value, false, null, true));
            case "$gte" -> ofType(value).and(new KeyRange(value, true, null, true));
            case "$lt" -> ofType(value).and(new KeyRange(null, true, value, false));
            case "$lte" -> ofType(value).and(new KeyRange(null, true, value, true));
            case "$in" -> value instanceof BsonArray values ? span(values) : ALL;
            case "$type" -> fromFirst(value);
            default -> ALL;
        };
    }

    private static KeyRange ofType(BsonValue value) {
        return OF_TYPE.getOrDefault(value.getBsonType(), ALL);
    }

    /// A value that only an equal `_id` equals. Null is not one, because it equals a missing value. A pattern is
    /// not one either.
    static boolean isKey(BsonValue value) {
        return switch (value.getBsonType()) {
            case NULL, UNDEFINED, ARRAY, REGULAR_EXPRESSION -> false;
            default -> true;
        };
    }

    private static boolean isOperators(BsonValue value) {
        return value instanceof BsonDocument document
                && !document.isEmpty()
                && document.getFirstKey().startsWith("$");
    }

    /// The range from the least to the greatest.
    private static KeyRange span(BsonArray values) {
        if (values.isEmpty() || !values.stream().allMatch(KeyRange::isKey)) {
            return ALL;
        }
        BsonValue least = values.stream().min(ORDER).orElseThrow();
        BsonValue greatest = values.stream().max(ORDER).orElseThrow();
        return new KeyRange(least, true, greatest, true);
    }

    /// The range that begins with the first of the types of `{$type: […]}`.
    private static KeyRange fromFirst(BsonValue operand) {
        KeyRange first = null;
        for (BsonType type : TypeNames.types(operand)) {
            KeyRange range = isAfterBooleans(type) ? BOOLEANS : OF_TYPE.get(type);
            if (range == null || range.from == null) {
                return ALL;
            }
            first = first == null || first.from == null || first.isAbove(range.from) ? range : first;
        }
        return first == null ? ALL : new KeyRange(first.from, true, null, true);
    }

    private static boolean isAfterBooleans(BsonType type) {
        return switch (type) {
            case DATE_TIME, TIMESTAMP, REGULAR_EXPRESSION, DB_POINTER, JAVASCRIPT, JAVASCRIPT_WITH_SCOPE, MAX_KEY ->
                true;
            default -> false;
        };
    }
}
