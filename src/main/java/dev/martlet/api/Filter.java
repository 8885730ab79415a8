package dev.martlet.api;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import org.bson.BsonArray;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.ObjectId;

/// A MongoDB query that a client may send: operators from a list, so that none can run code, read another collection or
/// take the database down.
final class Filter {

    private static final Set<String> OPERATORS = Set.of(
            "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin",
            "$and", "$or", "$nor", "$not",
            "$exists", "$type", "$size", "$all", "$elemMatch", "$mod", "$regex", "$options");
    private static final int MOST_LEVELS = 10;
    private static final int LONGEST_PATTERN = 256;

    private Filter() {}

    static BsonDocument parse(String json) {
        return (BsonDocument) checked(JsonReader.query(json), false, 1);
    }

    private static BsonValue checked(BsonValue value, boolean id, int level) {
        if (level > MOST_LEVELS) {
            throw Problem.badRequest("`filter` is nested deeper than " + MOST_LEVELS + " levels: make it flatter.");
        }
        return switch (value) {
            case BsonDocument document -> Optional.ofNullable(extended(document)).orElseGet(() -> document(document, id, level));
            case BsonArray array -> new BsonArray(array.stream().map(each -> checked(each, id, level + 1)).toList());
            case BsonString string when id -> DocumentId.parse(string.getValue());
            default -> value;
        };
    }

    private static BsonDocument document(BsonDocument document, boolean id, int level) {
        var checked = new BsonDocument();
        for (Map.Entry<String, BsonValue> member : document.entrySet()) {
            String name = member.getKey();
            if (name.startsWith("$") && !OPERATORS.contains(name)) {
                throw Problem.badRequest("`" + name + "` is not an operator that `filter` allows: use one of "
                        + String.join(", ", OPERATORS.stream().sorted().toList()) + ".");
            }
            if (name.equals("$regex") && member.getValue() instanceof BsonString pattern && pattern.getValue().length() > LONGEST_PATTERN) {
                throw Problem.badRequest("`$regex` is longer than " + LONGEST_PATTERN + " characters: make it shorter.");
            }
            // Below `_id` a text of 24 hex digits means an ObjectId, as it does in a URL; a logical operator starts afresh.
            boolean belowId = name.equals("_id") || (id && name.startsWith("$"));
            checked.put(name, checked(member.getValue(), belowId, level + 1));
        }
        return checked;
    }

    /// `{"$oid": …}` and `{"$date": …}` name values that JSON has no form for.
    private static @org.jspecify.annotations.Nullable BsonValue extended(BsonDocument document) {
        if (document.size() != 1) {
            return null;
        }
        if (document.get("$oid") instanceof BsonString hex) {
            if (!ObjectId.isValid(hex.getValue())) {
                throw Problem.badRequest("`$oid` is not 24 hex digits: " + hex.getValue());
            }
            return new BsonObjectId(new ObjectId(hex.getValue()));
        }
        if (document.get("$date") instanceof BsonString date) {
            try {
                return new BsonDateTime(java.time.OffsetDateTime.parse(date.getValue()).toInstant().toEpochMilli());
            } catch (java.time.DateTimeException | ArithmeticException e) {
                throw Problem.badRequest("`$date` is not a date such as 2026-11-21T00:00:00Z: " + date.getValue());
            }
        }
        return null;
    }
}
