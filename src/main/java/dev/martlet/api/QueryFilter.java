package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.bson.BsonArray;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/// A MongoDB query that a client may send: operators from a list, so that none can run code, read another collection
/// or take the database down; each with the operand that it needs, so that the mistake is found here and named.
///
/// ```json
/// {"age": {"$gte": 18}, "$or": [{"name": {"$regex": "^A"}}, {"since": {"$lt": {"$date": "2026-01-01T00:00:00Z"}}}]}
/// ```
final class QueryFilter {

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
    private static final int MOST_LEVELS = 10;
    private static final int LONGEST_PATTERN = 256;

    private QueryFilter() {}

    static BsonDocument parse(String json) {
        return query(JsonReader.query(json), true, 1);
    }

    /// @param root whether the members are those of whole documents, so that `_id` is their id
    private static BsonDocument query(BsonDocument query, boolean root, int level) {
        requireLevel(level);
        var checked = new BsonDocument();
        for (Map.Entry<String, BsonValue> member : query.entrySet()) {
            String name = member.getKey();
            if (LOGICAL.contains(name)) {
                checked.put(
                        name,
                        new BsonArray(alternatives(name, member.getValue()).stream()
                                .map(each -> (BsonValue) query(each, root, level + 2))
                                .toList()));
            } else if (name.startsWith("$")) {
                requireAllowed(name);
                throw Problem.badRequest(
                        "`" + name + "` has no member to look at: write {\"member\": {\"" + name + "\": …}}.");
            } else {
                checked.put(name, condition(member.getValue(), root && name.equals("_id"), level + 1));
            }
        }
        return checked;
    }

    private static List<BsonDocument> alternatives(String name, BsonValue value) {
        if (value instanceof BsonArray array
                && !array.isEmpty()
                && array.stream().allMatch(BsonDocument.class::isInstance)) {
            return array.stream().map(BsonValue::asDocument).toList();
        }
        throw needs(name, "an array of at least one query");
    }

    private static BsonValue condition(BsonValue value, boolean id, int level) {
        return value instanceof BsonDocument document
                        && extended(document) == null
                        && document.keySet().stream().anyMatch(name -> name.startsWith("$"))
                ? operators(document, id, level)
                : literal(value, id, level);
    }

    private static BsonDocument operators(BsonDocument operators, boolean id, int level) {
        requireLevel(level);
        var checked = new BsonDocument();
        for (Map.Entry<String, BsonValue> operator : operators.entrySet()) {
            String name = operator.getKey();
            if (!name.startsWith("$")) {
                throw Problem.badRequest("`" + name + "` stands beside operators: move it out, or write {\"" + name
                        + "\": …} by itself.");
            }
            requireAllowed(name);
            if (LOGICAL.contains(name)) {
                throw Problem.badRequest(
                        "`" + name + "` stands below a member: write {\"" + name + "\": [{…}, {…}]} around it.");
            }
            checked.put(name, operand(name, operator.getValue(), id, level + 1));
        }
        if (checked.containsKey("$options") && !checked.containsKey("$regex")) {
            throw Problem.badRequest("`$options` stands without `$regex`: add it.");
        }
        return checked;
    }

    private static BsonValue operand(String name, BsonValue value, boolean id, int level) {
        return switch (name) {
            case "$in", "$nin", "$all" -> literal(required(value, value.isArray(), name, "an array"), id, level);
            case "$not" ->
                operators(
                        required(
                                        value,
                                        value.isDocument()
                                                && !value.asDocument().isEmpty(),
                                        name,
                                        "an object of operators")
                                .asDocument(),
                        id,
                        level);
            case "$elemMatch" ->
                elements(required(value, value.isDocument(), name, "a query").asDocument(), level);
            case "$exists" -> required(value, value.isBoolean(), name, "true or false");
            case "$type" ->
                required(
                        value,
                        value.isString() && TYPES.contains(value.asString().getValue()),
                        name,
                        "the name of a BSON type, such as `string`");
            case "$size" ->
                required(value, value instanceof BsonInt32 size && size.getValue() >= 0, name, "a whole number from 0");
            case "$mod" ->
                required(
                        value,
                        value instanceof BsonArray array && isModulo(array),
                        name,
                        "a divisor and a remainder: [4, 0]");
            case "$regex" ->
                required(
                        value,
                        value instanceof BsonString pattern && isPattern(pattern.getValue()),
                        name,
                        "a regular expression of at most " + LONGEST_PATTERN + " characters");
            case "$options" ->
                required(
                        value,
                        value instanceof BsonString options
                                && options.getValue().matches("[imsx]*"),
                        name,
                        "some of the letters i, m, s and x");
            default -> literal(value, id, level);
        };
    }

    /// Of an array of objects the query that one must match, of an array of values the operators.
    private static BsonDocument elements(BsonDocument match, int level) {
        boolean operators = match.keySet().stream().anyMatch(name -> name.startsWith("$") && !LOGICAL.contains(name));
        return operators ? operators(match, false, level) : query(match, false, level);
    }

    private static boolean isModulo(BsonArray array) {
        return array.size() == 2
                && array.get(0) instanceof BsonInt32 divisor
                && divisor.getValue() != 0
                && array.get(1) instanceof BsonInt32;
    }

    private static boolean isPattern(String pattern) {
        try {
            return pattern.length() <= LONGEST_PATTERN && pattern.indexOf(0) < 0 && Pattern.compile(pattern) != null;
        } catch (PatternSyntaxException e) {
            return false;
        }
    }

    /// A value to compare with. As an id, a text of 24 hex digits means an ObjectId, as it does in a URL.
    private static BsonValue literal(BsonValue value, boolean id, int level) {
        requireLevel(level);
        return switch (value) {
            case BsonDocument document -> {
                BsonValue extended = extended(document);
                if (extended != null) {
                    yield extended;
                }
                var checked = new BsonDocument();
                document.forEach((name, member) -> {
                    requireLiteral(name);
                    checked.put(name, literal(member, false, level + 1));
                });
                yield checked;
            }
            case BsonArray array ->
                new BsonArray(
                        array.stream().map(each -> literal(each, id, level + 1)).toList());
            case BsonString string when id -> DocumentId.parse(string.getValue());
            default -> value;
        };
    }

    /// `{"$oid": …}` and `{"$date": …}` name values that JSON has no form for.
    private static @Nullable BsonValue extended(BsonDocument document) {
        if (document.size() != 1) {
            return null;
        }
        if (document.get("$oid") instanceof BsonString hex) {
            required(hex, ObjectId.isValid(hex.getValue()), "$oid", "24 hex digits");
            return new BsonObjectId(new ObjectId(hex.getValue()));
        }
        if (document.get("$date") instanceof BsonString date) {
            try {
                return new BsonDateTime(
                        OffsetDateTime.parse(date.getValue()).toInstant().toEpochMilli());
            } catch (DateTimeException | ArithmeticException e) {
                throw needs("$date", "a date such as 2026-11-21T00:00:00Z");
            }
        }
        return null;
    }

    private static void requireLevel(int level) {
        if (level > MOST_LEVELS) {
            throw Problem.badRequest("`filter` is nested deeper than " + MOST_LEVELS + " levels: make it flatter.");
        }
    }

    private static void requireAllowed(String operator) {
        if (!OPERATORS.contains(operator) && !LOGICAL.contains(operator)) {
            var allowed = new TreeSet<>(OPERATORS);
            allowed.addAll(LOGICAL);
            throw Problem.badRequest("`" + operator + "` is not an operator that `filter` allows: use one of "
                    + String.join(", ", allowed) + ".");
        }
    }

    private static void requireLiteral(String name) {
        if (name.startsWith("$")) {
            requireAllowed(name);
            throw Problem.badRequest(
                    "`" + name + "` stands inside of a value: operators stand directly below a member's name.");
        }
    }

    private static BsonValue required(BsonValue value, boolean good, String name, String what) {
        if (!good) {
            throw needs(name, what);
        }
        return value;
    }

    private static Problem needs(String name, String what) {
        return Problem.badRequest("`" + name + "` needs " + what + ".");
    }
}
