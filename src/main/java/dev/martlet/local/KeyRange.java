package dev.martlet.local;

import de.bwaldvogel.mongo.bson.BsonRegularExpression;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The keys between two bounds; a bound of null is none.
record KeyRange(
        @Nullable Object from,
        boolean includesFrom,
        @Nullable Object to,
        boolean includesTo) {

    static final KeyRange ALL = new KeyRange(null, true, null, true);

    private static final Comparator<@Nullable Object> ORDER = BsonOrder.ASCENDING;

    static KeyRange point(Object key) {
        return new KeyRange(key, true, key, true);
    }

    boolean isPoint() {
        return from != null && to != null && includesFrom && includesTo && ORDER.compare(from, to) == 0;
    }

    boolean isBelow(Object key) {
        int order = to == null ? -1 : ORDER.compare(key, to);
        return order > 0 || (order == 0 && !includesTo);
    }

    boolean isAbove(Object key) {
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

    /// The keys that satisfy `{_id: condition}`, or null if a range cannot say it.
    static @Nullable KeyRange satisfying(@Nullable Object condition) {
        if (condition instanceof Document operators
                && operators.keySet().stream().anyMatch(key -> key.startsWith("$"))) {
            KeyRange range = ALL;
            for (Map.Entry<String, Object> operator : operators.entrySet()) {
                KeyRange narrower = satisfying(operator.getKey(), operator.getValue());
                if (narrower == null) {
                    return null;
                }
                range = range.and(narrower);
            }
            return range;
        }
        return satisfying("$eq", condition);
    }

    private static @Nullable KeyRange satisfying(String operator, @Nullable Object value) {
        if (operator.equals("$eq")) {
            return value == null || value instanceof Collection || value instanceof BsonRegularExpression
                    ? null
                    : point(value);
        }
        KeyRange type = ofType(value);
        return type == null
                ? null
                : switch (operator) {
                    case "$gt" -> type.and(new KeyRange(value, false, null, true));
                    case "$gte" -> type.and(new KeyRange(value, true, null, true));
                    case "$lt" -> type.and(new KeyRange(null, true, value, false));
                    case "$lte" -> type.and(new KeyRange(null, true, value, true));
                    default -> null;
                };
    }

    /// The keys that a comparison with this value can find: those of its type.
    private static @Nullable KeyRange ofType(@Nullable Object value) {
        return switch (value) {
            case Number _ -> new KeyRange(Double.NEGATIVE_INFINITY, true, "", false);
            case String _ -> new KeyRange("", true, new Document(), false);
            case ObjectId _ -> new KeyRange(new ObjectId(new byte[12]), true, false, false);
            case null, default -> null;
        };
    }
}
