package dev.martlet.replicas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// MongoDB's order of values, and which documents a filter selects: as much of both as the service asks for.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/">Comparison order</a>
final class Values {

    static final Comparator<BsonValue> ORDER = Values::compare;

    private Values() {}

    static boolean same(BsonValue a, BsonValue b) {
        return compare(a, b) == 0;
    }

    private static int compare(BsonValue a, BsonValue b) {
        int byType = Integer.compare(line(a.getBsonType()), line(b.getBsonType()));
        if (byType != 0) {
            return byType;
        }
        return switch (a.getBsonType()) {
            case STRING, SYMBOL -> Arrays.compareUnsigned(text(a).getBytes(UTF_8), text(b).getBytes(UTF_8));
            case OBJECT_ID -> a.asObjectId().compareTo(b.asObjectId());
            case INT32, INT64, DOUBLE, DECIMAL128 -> compareNumbers(a, b);
            case BOOLEAN -> a.asBoolean().compareTo(b.asBoolean());
            case DATE_TIME -> a.asDateTime().compareTo(b.asDateTime());
            case TIMESTAMP -> a.asTimestamp().compareTo(b.asTimestamp());
            case BINARY ->
                Arrays.compareUnsigned(a.asBinary().getData(), b.asBinary().getData());
            case DOCUMENT -> compareDocuments(a.asDocument(), b.asDocument());
            case ARRAY -> compareArrays(a.asArray().getValues(), b.asArray().getValues());
            case NULL, UNDEFINED, MIN_KEY, MAX_KEY -> 0;
            default -> a.toString().compareTo(b.toString());
        };
    }

    private static String text(BsonValue value) {
        return value.isString() ? value.asString().getValue() : value.asSymbol().getSymbol();
    }

    private static int compareNumbers(BsonValue a, BsonValue b) {
        double x = a.asNumber().doubleValue();
        double y = b.asNumber().doubleValue();
        if (Double.isFinite(x) && Double.isFinite(y)) {
            return exact(a).compareTo(exact(b));
        }
        // Not a number comes before all numbers.
        return Double.isNaN(x) || Double.isNaN(y)
                ? Boolean.compare(Double.isNaN(y), Double.isNaN(x))
                : Double.compare(x, y);
    }

    private static BigDecimal exact(BsonValue number) {
        return switch (number.getBsonType()) {
            case DOUBLE -> new BigDecimal(number.asDouble().getValue());
            // -0 has no BigDecimal.
            case DECIMAL128 ->
                number.asDecimal128().doubleValue() == 0
                        ? BigDecimal.ZERO
                        : number.asDecimal128().getValue().bigDecimalValue();
            default -> BigDecimal.valueOf(number.asNumber().longValue());
        };
    }

    private static int compareDocuments(BsonDocument a, BsonDocument b) {
        Iterator<Map.Entry<String, BsonValue>> others = b.entrySet().iterator();
        for (Map.Entry<String, BsonValue> member : a.entrySet()) {
            if (!others.hasNext()) {
                return 1;
            }
            Map.Entry<String, BsonValue> other = others.next();
            int difference = member.getKey().compareTo(other.getKey());
            difference = difference == 0 ? compare(member.getValue(), other.getValue()) : difference;
            if (difference != 0) {
                return difference;
            }
        }
        return others.hasNext() ? -1 : 0;
    }

    private static int compareArrays(List<BsonValue> a, List<BsonValue> b) {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            int difference = compare(a.get(i), b.get(i));
            if (difference != 0) {
                return difference;
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    private static int line(BsonType type) {
        return switch (type) {
            case MIN_KEY -> 0;
            case UNDEFINED, NULL -> 1;
            case INT32, INT64, DOUBLE, DECIMAL128 -> 2;
            case STRING, SYMBOL -> 3;
            case DOCUMENT -> 4;
            case ARRAY -> 5;
            case BINARY -> 6;
            case OBJECT_ID -> 7;
            case BOOLEAN -> 8;
            case DATE_TIME -> 9;
            case TIMESTAMP -> 10;
            case REGULAR_EXPRESSION -> 11;
            case MAX_KEY -> 13;
            default -> 12;
        };
    }

    static boolean matches(BsonDocument filter, RawBsonDocument document) throws Failure {
        for (Map.Entry<String, BsonValue> condition : filter.entrySet()) {
            if (!matches(condition.getKey(), condition.getValue(), document)) {
                return false;
            }
        }
        return true;
    }

    private static boolean matches(String name, BsonValue condition, RawBsonDocument document) throws Failure {
        return switch (name) {
            case "$and" ->
                count(condition.asArray(), document) == condition.asArray().size();
            case "$or" -> count(condition.asArray(), document) > 0;
            case "$nor" -> count(condition.asArray(), document) == 0;
            case "$expr" -> truth(condition, document);
            case "$comment" -> true;
            default -> holds(value(document, name), condition);
        };
    }

    private static int count(BsonArray filters, RawBsonDocument document) throws Failure {
        int matching = 0;
        for (BsonValue filter : filters) {
            matching += matches(filter.asDocument(), document) ? 1 : 0;
        }
        return matching;
    }

    private static BsonValue value(BsonDocument document, String path) {
        BsonValue value = document;
        for (String name : path.split("\\.", -1)) {
            value = value.isDocument() ? value.asDocument().get(name, BsonNull.VALUE) : BsonNull.VALUE;
        }
        return value;
    }

    private static boolean holds(BsonValue value, BsonValue condition) throws Failure {
        if (!condition.isDocument()
                || condition.asDocument().isEmpty()
                || !condition.asDocument().getFirstKey().startsWith("$")) {
            return same(value, condition);
        }
        for (Map.Entry<String, BsonValue> operator : condition.asDocument().entrySet()) {
            if (!holds(value, operator.getKey(), operator.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static boolean holds(BsonValue value, String operator, BsonValue operand) throws Failure {
        return switch (operator) {
            case "$eq" -> same(value, operand);
            case "$ne" -> !same(value, operand);
            case "$in" -> operand.asArray().stream().anyMatch(each -> same(value, each));
            case "$nin" -> operand.asArray().stream().noneMatch(each -> same(value, each));
            case "$gt" -> comparable(value, operand) && compare(value, operand) > 0;
            case "$gte" -> comparable(value, operand) && compare(value, operand) >= 0;
            case "$lt" -> comparable(value, operand) && compare(value, operand) < 0;
            case "$lte" -> comparable(value, operand) && compare(value, operand) <= 0;
            case "$exists" -> value.isNull() != operand.asBoolean().getValue();
            case "$not" -> !holds(value, operand);
            case "$type" ->
                (operand.isArray() ? operand.asArray() : new BsonArray(List.of(operand)))
                        .stream().anyMatch(type -> type.asNumber().intValue() == type(value.getBsonType()));
            default -> throw new Failure(2, "unknown operator: " + operator);
        };
    }

    /// A range finds values of its own type only.
    private static boolean comparable(BsonValue a, BsonValue b) {
        return line(a.getBsonType()) == line(b.getBsonType());
    }

    private static int type(BsonType type) {
        return switch (type) {
            case MIN_KEY -> -1;
            case MAX_KEY -> 127;
            default -> type.getValue();
        };
    }

    private static boolean truth(BsonValue expression, RawBsonDocument document) throws Failure {
        BsonValue value = evaluate(expression, document);
        return !value.isNull() && !(value.isBoolean() && !value.asBoolean().getValue());
    }

    private static BsonValue evaluate(BsonValue expression, RawBsonDocument document) throws Failure {
        if (expression.isString() && expression.asString().getValue().startsWith("$")) {
            String path = expression.asString().getValue();
            return path.equals("$$ROOT") ? document : value(document, path.substring(1));
        }
        if (!expression.isDocument() || !expression.asDocument().getFirstKey().startsWith("$")) {
            return expression;
        }
        String operator = expression.asDocument().getFirstKey();
        BsonValue operand = expression.asDocument().get(operator, BsonNull.VALUE);
        return switch (operator) {
            case "$literal" -> operand;
            case "$bsonSize" ->
                new BsonInt32(Wire.raw(evaluate(operand, document).asDocument()).getByteLength());
            case "$eq" ->
                BsonBoolean.valueOf(same(
                        evaluate(operand.asArray().get(0), document),
                        evaluate(operand.asArray().get(1), document)));
            case "$lte" ->
                BsonBoolean.valueOf(compare(
                                evaluate(operand.asArray().get(0), document),
                                evaluate(operand.asArray().get(1), document))
                        <= 0);
            case "$and" -> {
                boolean all = true;
                for (BsonValue each : operand.asArray()) {
                    all = all && truth(each, document);
                }
                yield BsonBoolean.valueOf(all);
            }
            default -> throw new Failure(168, "Unrecognized expression '" + operator + "'");
        };
    }
}
