package dev.martlet.local;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// The part of `$expr` that the store needs: `$and`, `$eq`, `$lte`, `$literal`, `$bsonSize` and `$$ROOT`.
///
/// ```json
/// {"$and": [{"$eq": ["$$ROOT", {"$literal": {"_id": 1, "n": 2}}]}, {"$eq": [{"$bsonSize": "$$ROOT"}, 28]}]}
/// ```
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/expr/">$expr</a>
final class Expression {

    private final Function<RawBsonDocument, BsonValue> value;

    private Expression(Function<RawBsonDocument, BsonValue> value) {
        this.value = value;
    }

    static Expression parse(BsonValue expression) {
        return new Expression(parsed(expression));
    }

    boolean isTrueOf(RawBsonDocument document) {
        return isTrue(value.apply(document));
    }

    private static Function<RawBsonDocument, BsonValue> parsed(BsonValue expression) {
        if (expression instanceof BsonString variable && variable.getValue().startsWith("$")) {
            if (variable.getValue().equals("$$ROOT")) {
                return root -> root;
            }
            throw unknown(variable.getValue());
        }
        if (!(expression instanceof BsonDocument operator)) {
            return root -> expression;
        }
        Map.Entry<String, BsonValue> only = operator.size() == 1
                ? operator.entrySet().iterator().next()
                : Map.entry("a document of " + operator.size() + " members", operator);
        return switch (only.getKey()) {
            case "$literal" -> {
                BsonValue literal = only.getValue();
                yield root -> literal;
            }
            case "$bsonSize" -> size(parsed(only.getValue()));
            case "$eq" -> compared(operands(only, 2), order -> order == 0);
            case "$lte" -> compared(operands(only, 2), order -> order <= 0);
            case "$and" -> all(operands(only, -1));
            default -> throw unknown(only.getKey());
        };
    }

    private static List<Function<RawBsonDocument, BsonValue>> operands(
            Map.Entry<String, BsonValue> operator, int count) {
        if (!(operator.getValue() instanceof BsonArray several) || (count >= 0 && several.size() != count)) {
            throw CommandFailure.badValue(operator.getKey() + " takes an array of operands");
        }
        return several.stream().map(Expression::parsed).toList();
    }

    private static Function<RawBsonDocument, BsonValue> size(Function<RawBsonDocument, BsonValue> of) {
        return root -> {
            if (of.apply(root) instanceof RawBsonDocument document) {
                return new BsonInt32(document.getByteLength());
            }
            throw CommandFailure.wrongType("$bsonSize requires a document input");
        };
    }

    private static Function<RawBsonDocument, BsonValue> compared(
            List<Function<RawBsonDocument, BsonValue>> sides, IntPredicate holds) {
        return root -> {
            BsonValue left = sides.get(0).apply(root);
            BsonValue right = sides.get(1).apply(root);
            return BsonBoolean.valueOf(
                    holds.test(Documents.sameBytes(left, right) ? 0 : ValueOrder.ASCENDING.compare(left, right)));
        };
    }

    private static Function<RawBsonDocument, BsonValue> all(List<Function<RawBsonDocument, BsonValue>> operands) {
        return root -> BsonBoolean.valueOf(operands.stream().allMatch(each -> isTrue(each.apply(root))));
    }

    static boolean isTrue(BsonValue value) {
        return switch (value) {
            case BsonBoolean bool -> bool.getValue();
            case BsonNumber number -> NumberOrder.compare(number, new BsonInt32(0)) != 0;
            default -> !value.isNull();
        };
    }

    private static CommandFailure unknown(String what) {
        return new CommandFailure(
                168, "InvalidPipelineOperator", "the embedded database does not know " + what + " in $expr");
    }
}
