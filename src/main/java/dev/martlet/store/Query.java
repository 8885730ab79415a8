package dev.martlet.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonType;
import org.bson.BsonValue;

/// Which documents, in which order, and which of their members.
///
/// @param filter a MongoDB query
/// @param sort   a MongoDB sort; empty means by `_id`
/// @param fields a MongoDB projection of members to include; it always includes the `_id`; empty means everything
/// @param after  only documents whose `_id` follows this one; only without `sort`
/// @param limit  at most this many; 0 means all
public record Query(BsonDocument filter, BsonDocument sort, BsonDocument fields, Optional<BsonValue> after, int limit) {

    static final BsonDocument BY_ID = new BsonDocument("_id", new BsonInt32(1));
    /// The projection that omits nothing.
    static final BsonDocument EVERYTHING = new BsonDocument();

    /// The types that an `_id` can have, in MongoDB's order. Types on one line compare as one.
    private static final List<List<BsonType>> ID_TYPES = List.of(
            List.of(BsonType.MIN_KEY),
            List.of(BsonType.NULL),
            List.of(BsonType.INT32, BsonType.INT64, BsonType.DOUBLE, BsonType.DECIMAL128),
            List.of(BsonType.STRING, BsonType.SYMBOL),
            List.of(BsonType.DOCUMENT),
            List.of(BsonType.BINARY),
            List.of(BsonType.OBJECT_ID),
            List.of(BsonType.BOOLEAN),
            List.of(BsonType.DATE_TIME),
            List.of(BsonType.TIMESTAMP),
            List.of(BsonType.DB_POINTER),
            List.of(BsonType.JAVASCRIPT),
            List.of(BsonType.JAVASCRIPT_WITH_SCOPE),
            List.of(BsonType.MAX_KEY));

    /// NaN sorts before all numbers, but no number is greater than NaN.
    private static final BsonDocument ALL_NUMBERS = new BsonDocument("$gte", new BsonDouble(Double.NEGATIVE_INFINITY));

    public static final Query ALL = of(new BsonDocument());

    public static Query of(BsonDocument filter) {
        return new Query(filter, new BsonDocument(), new BsonDocument(), Optional.empty(), 0);
    }

    /// Whether a listing can begin after this `_id`.
    public static boolean orders(BsonValue id) {
        return typeOrder(id.getBsonType()) < ID_TYPES.size();
    }

    /// Whether the query has anything that the database could refuse as a mistake.
    boolean hasOwnTerms() {
        return !(filter.isEmpty() && sort.isEmpty() && fields.isEmpty());
    }

    boolean onlyIds() {
        return fields.equals(BY_ID);
    }

    boolean byId() {
        return sort.isEmpty();
    }

    BsonDocument order() {
        return byId() ? BY_ID : sort;
    }

    /// The ids of all documents that the filter selects, beginning at the same place.
    Query ids() {
        return new Query(filter, sort, BY_ID, after, 0);
    }

    /// The same query, beginning after this `_id`.
    public Query after(BsonValue id) {
        return after(id, limit);
    }

    Query after(BsonValue id, int newLimit) {
        return new Query(filter, sort, fields, Optional.of(id), newLimit);
    }

    /// The `fields`, with the whole `_id` even if they name only a part: a pass needs it to continue.
    BsonDocument projection() {
        if (fields.keySet().stream().noneMatch(name -> name.startsWith("_id."))) {
            return fields;
        }
        var projection = new BsonDocument("_id", new BsonInt32(1));
        fields.forEach((name, one) -> projection.append(name.startsWith("_id.") ? "_id" : name, one));
        return projection;
    }

    private static int typeOrder(BsonType type) {
        for (int line = 0; line < ID_TYPES.size(); line++) {
            if (ID_TYPES.get(line).contains(type)) {
                return line;
            }
        }
        return ID_TYPES.size();
    }

    /// The filters that, one after the other, find everything that follows `after`.
    ///
    /// `$gt` only finds values of its own type. So ids of later types need a second look. For ObjectIds, the usual
    /// case, it finds nothing and costs one empty index read at the very end.
    List<BsonDocument> filters() {
        return after.map(this::following).orElse(List.of(filter));
    }

    private List<BsonDocument> following(BsonValue id) {
        var filters = new ArrayList<BsonDocument>();
        // The least key is an exception: `$gt` finds values of every type, which the second look would find again.
        if (id.getBsonType() != BsonType.MIN_KEY) {
            filters.add(and(new BsonDocument("_id", isNaN(id) ? ALL_NUMBERS : new BsonDocument("$gt", id))));
        }
        if (id.getBsonType() != BsonType.MAX_KEY) {
            filters.add(and(new BsonDocument("_id", new BsonDocument("$type", typesAfter(id.getBsonType())))));
        }
        return filters;
    }

    private static boolean isNaN(BsonValue id) {
        return (id.isDouble() && Double.isNaN(id.asDouble().getValue()))
                || (id.isDecimal128() && id.asDecimal128().getValue().isNaN());
    }

    private BsonDocument and(BsonDocument condition) {
        return filter.isEmpty() ? condition : new BsonDocument("$and", new BsonArray(List.of(condition, filter)));
    }

    private static BsonArray typesAfter(BsonType type) {
        var later = new BsonArray();
        ID_TYPES.stream()
                .skip(typeOrder(type) + 1L)
                .forEach(line -> line.forEach(
                        each -> later.add(new BsonInt32(each == BsonType.MAX_KEY ? 127 : each.getValue()))));
        return later;
    }
}
