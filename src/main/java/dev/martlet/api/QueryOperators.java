package dev.martlet.api;

import dev.martlet.http.Problem;
import java.util.Set;
import java.util.TreeSet;
import org.bson.BsonArray;
import org.bson.BsonInt32;
import org.bson.BsonValue;

/// The operators that a filter may use, and the operand that each of them needs.
final class QueryOperators {

    private static final Set<String> LOGICAL = Set.of("$and", "$or", "$nor");
    private static final Set<String> OPERATORS = Set.of(
            "$eq",
            "$ne",
            "$gt",
            "$gte",
            "$lt",
            "$lte",
            "$in",
            "$nin",
            "$all",
            "$not",
            "$exists",
            "$type",
            "$size",
            "$elemMatch",
            "$mod",
            "$regex",
            "$options");
    private static final Set<String> TYPES = Set.of(
            "double",
            "string",
            "object",
            "array",
            "binData",
            "undefined",
            "objectId",
            "bool",
            "date",
            "null",
            "regex",
            "dbPointer",
            "javascript",
            "symbol",
            "javascriptWithScope",
            "int",
            "timestamp",
            "long",
            "decimal",
            "minKey",
            "maxKey",
            "number");

    private QueryOperators() {}

    /// Whether the operator combines queries. The others look at a member.
    static boolean logical(String name) {
        return LOGICAL.contains(name);
    }

    static void requireAllowed(String operator) {
        if (!OPERATORS.contains(operator) && !LOGICAL.contains(operator)) {
            var allowed = new TreeSet<>(OPERATORS);
            allowed.addAll(LOGICAL);
            throw Problem.badRequest(
                    "`" + operator + "` is not an allowed operator: use " + Problem.oneOf(allowed) + ".");
        }
    }

    /// @throws Problem 400 for an operand that the operator cannot use, 422 for a pattern that MongoDB knows and
    ///     RE2 does not
    static void check(String name, BsonValue value) {
        switch (name) {
            case "$in", "$nin", "$all" -> require(value.isArray(), name, "an array");
            case "$not" -> require(value.isDocument() && !value.asDocument().isEmpty(), name, "an object of operators");
            case "$elemMatch" -> require(value.isDocument(), name, "a query");
            case "$exists" -> require(value.isBoolean(), name, "true or false");
            case "$type" ->
                require(
                        value.isString() && TYPES.contains(value.asString().getValue()),
                        name,
                        "the name of a BSON type, such as `string`");
            case "$size" ->
                require(value instanceof BsonInt32 size && size.getValue() >= 0, name, "a whole number from 0");
            case "$mod" ->
                require(value instanceof BsonArray array && isModulo(array), name, "a divisor and a remainder: [4, 0]");
            case "$regex" -> RegularExpression.checkPattern(value);
            case "$options" -> RegularExpression.checkOptions(value);
            default -> {}
        }
    }

    private static boolean isModulo(BsonArray array) {
        return array.size() == 2
                && array.get(0) instanceof BsonInt32 divisor
                && divisor.getValue() != 0
                && array.get(1) instanceof BsonInt32;
    }

    static void require(boolean good, String name, String what) {
        if (!good) {
            throw needs(name, what);
        }
    }

    static Problem needs(String name, String what) {
        return Problem.badRequest("`" + name + "` needs " + what + ".");
    }
}
