package dev.martlet.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonNumber;
import org.bson.BsonRegularExpression;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// A query filter. It decides which documents match, by MongoDB's rules.
///
/// ```java
/// DocumentFilter.of(BsonDocument.parse("{age: {$gte: 18}, $or: [{name: /^A/}, {tags: 'new'}]}")).test(document);
/// ```
///
/// The operators are those that the service allows, and the part of `$expr` that its own commands need.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/">Query operators</a>
public final class DocumentFilter {

    private static final Condition EXISTS = new Condition.Any(value -> value != null, true);
    private static final Condition NOTHING = new Condition.Any(value -> false, false);

    private DocumentFilter() {}

    /// @throws CommandFailure for an operator that MongoDB or this database does not know
    public static Predicate<RawBsonDocument> of(BsonDocument filter) {
        Predicate<RawBsonDocument> all = document -> true;
        for (Map.Entry<String, BsonValue> member : filter.entrySet()) {
            all = all.and(member(member.getKey(), member.getValue()));
        }
        return all;
    }

    private static Predicate<RawBsonDocument> member(String name, BsonValue value) {
        return switch (name) {
            case "$expr" -> Expression.parse(value)::isTrueOf;
            case "$and" -> allOf(queries("$and", value));
            case "$or" -> anyOf(queries("$or", value));
            case "$nor" -> anyOf(queries("$nor", value)).negate();
            case "$comment" -> document -> true;
            case String operator when operator.startsWith("$") -> throw unknown(operator);
            case String path -> condition(value).at(path)::test;
        };
    }

    private static List<Predicate<RawBsonDocument>> queries(String operator, BsonValue value) {
        if (!(value instanceof BsonArray array) || array.isEmpty()) {
            throw CommandFailure.badValue(operator + " must be a nonempty array");
        }
        var queries = new ArrayList<Predicate<RawBsonDocument>>();
        for (BsonValue each : array) {
            queries.add(of(document(operator, each)));
        }
        return queries;
    }

    private static Predicate<RawBsonDocument> allOf(List<Predicate<RawBsonDocument>> queries) {
        return queries.stream().reduce(document -> true, Predicate::and);
    }

    private static Predicate<RawBsonDocument> anyOf(List<Predicate<RawBsonDocument>> queries) {
        return queries.stream().reduce(document -> false, Predicate::or);
    }

    private static Condition condition(BsonValue value) {
        return value instanceof BsonDocument operators && isOperators(operators)
                ? operators(operators)
                : equality(value);
    }

    private static boolean isOperators(BsonDocument value) {
        return !value.isEmpty() && value.getFirstKey().startsWith("$");
    }

    private static Condition equality(BsonValue value) {
        if (value instanceof BsonRegularExpression pattern) {
            return new Condition.Any(LinearPattern.of(pattern, null), true);
        }
        BsonValue operand = Documents.decoded(value);
        return new Condition.Any(each -> Comparison.equal(each, operand), true);
    }

    private static Condition operators(BsonDocument operators) {
        var conditions = new ArrayList<Condition>();
        for (Map.Entry<String, BsonValue> operator : operators.entrySet()) {
            String name = operator.getKey();
            if (name.equals("$options")) {
                continue;
            }
            conditions.add(
                    name.equals("$regex")
                            ? new Condition.Any(LinearPattern.of(operator.getValue(), operators.get("$options")), true)
                            : operator(name, operator.getValue()));
        }
        return conditions.size() == 1 ? conditions.getFirst() : new Condition.All(conditions);
    }

    private static Condition operator(String name, BsonValue value) {
        return switch (name) {
            case "$eq" -> equalTo(value);
            case "$ne" -> new Condition.Not(equalTo(value));
            case "$gt", "$gte", "$lt", "$lte" -> comparison(name, value);
            case "$in" -> in(array(name, value));
            case "$nin" -> new Condition.Not(in(array(name, value)));
            case "$all" -> allOf(array(name, value));
            case "$not" -> new Condition.Not(negated(value));
            case "$exists" -> Expression.isTrue(value) ? EXISTS : new Condition.Not(EXISTS);
            case "$type" -> type(value);
            case "$size" -> size(value);
            case "$mod" -> modulo(array(name, value));
            case "$elemMatch" -> element(document(name, value));
            default -> throw unknown(name);
        };
    }

    private static Condition equalTo(BsonValue value) {
        return comparison("$eq", value);
    }

    private static Condition comparison(String operator, BsonValue value) {
        BsonValue operand = Documents.decoded(value);
        return new Condition.Any(each -> Comparison.compares(operator, each, operand), true);
    }

    private static Condition in(BsonArray values) {
        return new Condition.Any(new Membership(values), true);
    }

    /// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/all/">$all</a>
    private static Condition allOf(BsonArray values) {
        var all = new ArrayList<Condition>();
        for (BsonValue value : values) {
            all.add(
                    value instanceof BsonDocument match && match.containsKey("$elemMatch")
                            ? operators(match)
                            : equality(value));
        }
        return all.isEmpty() ? NOTHING : new Condition.All(all);
    }

    private static Condition negated(BsonValue value) {
        if (value instanceof BsonRegularExpression) {
            return equality(value);
        }
        if (value instanceof BsonDocument operators && isOperators(operators)) {
            return operators(operators);
        }
        throw CommandFailure.badValue("$not needs a regex or a document of operators");
    }

    private static Condition type(BsonValue operand) {
        var types = TypeNames.types(operand);
        return new Condition.Any(value -> value != null && types.contains(value.getBsonType()), true);
    }

    private static Condition size(BsonValue operand) {
        if (!(operand instanceof BsonNumber number) || number.intValue() != number.doubleValue()) {
            throw CommandFailure.badValue("$size must be a whole number");
        }
        int size = number.intValue();
        return new Condition.Any(value -> value instanceof BsonArray array && array.size() == size, false);
    }

    private static Condition modulo(BsonArray operands) {
        if (operands.size() != 2
                || !(operands.get(0) instanceof BsonNumber divisor)
                || !(operands.get(1) instanceof BsonNumber remainder)) {
            throw CommandFailure.badValue("malformed mod, needs two numbers");
        }
        return new Condition.Any(Comparison.modulo(divisor, remainder), true);
    }

    /// The operand is a query for an array of documents, and operators for an array of values. An inner array
    /// counts as a document with indexes as names.
    ///
    /// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/elemMatch/">$elemMatch</a>
    private static Condition element(BsonDocument match) {
        boolean values =
                isOperators(match) && !List.of("$and", "$or", "$nor", "$expr").contains(match.getFirstKey());
        Predicate<BsonValue> test;
        if (values) {
            test = operators(match)::holdsFor;
        } else {
            Predicate<RawBsonDocument> query = of(match);
            test = element -> Documents.asDocument(element) instanceof RawBsonDocument inner && query.test(inner);
        }
        return new Condition.Any(
                value -> value instanceof BsonArray array && array.stream().anyMatch(test), false);
    }

    private static BsonArray array(String operator, BsonValue value) {
        if (value instanceof BsonArray array) {
            return array;
        }
        throw CommandFailure.badValue(operator + " needs an array");
    }

    private static BsonDocument document(String operator, BsonValue value) {
        if (value instanceof BsonDocument document) {
            return document;
        }
        throw CommandFailure.badValue(operator + " needs a document");
    }

    private static CommandFailure unknown(String operator) {
        return CommandFailure.badValue("unknown operator: " + operator);
    }
}
