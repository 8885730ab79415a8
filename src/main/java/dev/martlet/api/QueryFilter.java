package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import dev.martlet.json.JsonRefusedException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/// A MongoDB query that a client may send. The operators are from a list: none of them can run code, read another
/// collection or take the database down. Operands are checked, so that a mistake is found and named here.
///
/// ```json
/// {"age": {"$gte": 18}, "$or": [{"name": {"$regex": "^A"}}, {"since": {"$lt": {"$date": "2026-01-01T00:00:00Z"}}}]}
/// ```
final class QueryFilter {

    private static final int MOST_LEVELS = 10;

    private QueryFilter() {}

    static BsonDocument parse(String json) {
        try {
            return query(JsonReader.query(json), true, 1);
        } catch (JsonRefusedException e) {
            throw e.in("`filter`");
        } catch (Problem e) {
            throw e.in("`filter`");
        }
    }

    /// @param root whether the members are those of whole documents, so that `_id` is an id
    private static BsonDocument query(BsonDocument query, boolean root, int level) {
        requireLevel(level);
        var checked = new BsonDocument();
        for (Map.Entry<String, BsonValue> member : query.entrySet()) {
            String name = member.getKey();
            if (QueryOperators.logical(name)) {
                checked.put(
                        name,
                        new BsonArray(alternatives(name, member.getValue()).stream()
                                .map(each -> (BsonValue) query(each, root, level + 2))
                                .toList()));
            } else if (name.startsWith("$")) {
                QueryOperators.requireAllowed(name);
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
        throw QueryOperators.needs(name, "an array of at least one query");
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
                throw Problem.badRequest(
                        "`" + name + "` is among operators: move it out, or write {\"" + name + "\": …} by itself.");
            }
            QueryOperators.requireAllowed(name);
            if (QueryOperators.logical(name)) {
                throw Problem.badRequest(
                        "`" + name + "` is below a member: write {\"" + name + "\": [{…}, {…}]} around it.");
            }
            checked.put(name, operand(name, operator.getValue(), id, level + 1));
        }
        if (checked.containsKey("$options") && !checked.containsKey("$regex")) {
            throw Problem.badRequest("`$options` needs `$regex` beside it.");
        }
        return checked;
    }

    private static BsonValue operand(String name, BsonValue value, boolean id, int level) {
        QueryOperators.check(name, value);
        return switch (name) {
            case "$not" -> operators(value.asDocument(), id, level);
            case "$elemMatch" -> elements(value.asDocument(), level);
            case "$exists", "$type", "$size", "$mod", "$regex", "$options" -> value;
            default -> literal(value, id, level);
        };
    }

    /// The operand of `$elemMatch`: a query for an array of objects, operators for an array of values.
    private static BsonDocument elements(BsonDocument match, int level) {
        boolean operators =
                match.keySet().stream().anyMatch(name -> name.startsWith("$") && !QueryOperators.logical(name));
        return operators ? operators(match, false, level) : query(match, false, level);
    }

    /// A value to compare with. As in a URL, 24 hexadecimal digits mean an ObjectId if they are an id.
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

    /// The value of `{"$oid": …}` or `{"$date": …}`, which JSON has no form for.
    private static @Nullable BsonValue extended(BsonDocument document) {
        if (document.size() != 1) {
            return null;
        }
        if (document.get("$oid") instanceof BsonString hex) {
            QueryOperators.require(ObjectId.isValid(hex.getValue()), "$oid", "24 hex digits");
            return new BsonObjectId(new ObjectId(hex.getValue()));
        }
        if (document.get("$date") instanceof BsonString date) {
            try {
                return new BsonDateTime(
                        OffsetDateTime.parse(date.getValue()).toInstant().toEpochMilli());
            } catch (DateTimeException | ArithmeticException e) {
                throw QueryOperators.needs("$date", "a date such as 2026-11-21T00:00:00Z");
            }
        }
        return null;
    }

    private static void requireLevel(int level) {
        if (level > MOST_LEVELS) {
            throw Problem.badRequest("it is nested deeper than " + MOST_LEVELS + " levels: make it flatter.");
        }
    }

    private static void requireLiteral(String name) {
        if (name.startsWith("$")) {
            QueryOperators.requireAllowed(name);
            throw Problem.badRequest("`" + name
                    + "` is inside a value: move it directly below a name, as in {\"member\": {\"" + name + "\": …}}.");
        }
    }
}
