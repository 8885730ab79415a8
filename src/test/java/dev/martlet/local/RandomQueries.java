package dev.martlet.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/// Random documents and queries. They have so few names and values that many of them match. Among the values are
/// those at the edges of a type.
final class RandomQueries {

    private static final List<BsonValue> SCALARS = List.of(
            new BsonInt32(0),
            new BsonInt32(1),
            new BsonInt32(2),
            new BsonInt32(-7),
            new BsonInt64(1),
            new BsonInt64(9_007_199_254_740_993L),
            new BsonInt64(Long.MAX_VALUE),
            new BsonDouble(-0.0),
            new BsonDouble(1),
            new BsonDouble(1.5),
            new BsonDouble(9_007_199_254_740_992.0),
            new BsonDouble(1e22),
            new BsonDouble(0.1),
            new BsonDecimal128(Decimal128.parse("1.00")),
            new BsonDecimal128(Decimal128.parse("0.1")),
            new BsonDecimal128(Decimal128.parse("1E-6143")),
            new BsonDecimal128(Decimal128.parse("9223372036854775807")),
            new BsonDecimal128(Decimal128.parse("1E+22")),
            new BsonString(""),
            new BsonString("a"),
            new BsonString("ab1"),
            new BsonString("B"),
            new BsonString("1"),
            new BsonString("\uD83D\uDE00"),
            BsonBoolean.TRUE,
            BsonBoolean.FALSE,
            BsonNull.VALUE,
            new BsonDateTime(0),
            new BsonObjectId(new ObjectId("000000000000000000000001")));
    private static final List<String> NAMES = List.of("v", "w", "x");
    private static final List<String> PATHS =
            List.of("v", "w", "x", "v", "w", "v.x", "v.w", "v.0", "v.1", "v.x.w", "w.0.x", "v.w.0", "x.v");
    private static final List<String> TYPES =
            List.of("double", "string", "object", "array", "bool", "null", "int", "long", "decimal", "number", "date");
    private static final List<String> PATTERNS = List.of("a", "[0-9]", "^a", "b", "^$", "B|1");

    private final Random random;
    private final int fewest;

    /// @param fewest elements of an array
    RandomQueries(long seed, int fewest) {
        random = new Random(seed);
        this.fewest = fewest;
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private boolean oneIn(int count) {
        return random.nextInt(count) == 0;
    }

    BsonDocument document(int id) {
        var document = new BsonDocument("_id", new BsonInt32(id));
        for (String name : NAMES) {
            if (!oneIn(4)) {
                document.append(name, value(3));
            }
        }
        return document;
    }

    private BsonValue value(int depth) {
        int kind = random.nextInt(10);
        if (depth == 0 || kind < 5) {
            return one(SCALARS);
        }
        return kind < 8 ? array(() -> value(depth - 1)) : object(depth - 1);
    }

    private BsonArray array(Supplier<BsonValue> element) {
        var array = new BsonArray();
        for (int i = fewest + random.nextInt(4 - fewest); i > 0; i--) {
            array.add(element.get());
        }
        return array;
    }

    private BsonDocument object(int depth) {
        var object = new BsonDocument();
        for (int i = random.nextInt(3); i > 0; i--) {
            object.append(one(NAMES), value(depth));
        }
        return object;
    }

    BsonDocument filter() {
        return filter(2);
    }

    private BsonDocument filter(int depth) {
        if (depth > 0 && oneIn(5)) {
            var queries = new BsonArray();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                queries.add(filter(depth - 1));
            }
            return new BsonDocument(one(List.of("$and", "$or", "$nor")), queries);
        }
        var filter = new BsonDocument(one(PATHS), condition(depth));
        if (oneIn(4)) {
            filter.append(one(PATHS), condition(depth));
        }
        return filter;
    }

    private BsonValue condition(int depth) {
        return oneIn(4) ? value(2) : operators(depth);
    }

    private BsonDocument operators(int depth) {
        BsonDocument operators = operator(depth);
        if (oneIn(4)) {
            operators.putAll(operator(depth));
        }
        return operators;
    }

    private BsonDocument operator(int depth) {
        String name = one(List.of(
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
                "$regex"));
        return new BsonDocument(
                name,
                switch (name) {
                    case "$in", "$nin", "$all" -> array(() -> value(1));
                    case "$not" -> operator(depth);
                    case "$exists" -> BsonBoolean.valueOf(random.nextBoolean());
                    case "$type" -> new BsonString(one(TYPES));
                    case "$size" -> new BsonInt32(random.nextInt(4));
                    case "$elemMatch" -> depth > 0 && random.nextBoolean() ? filter(depth - 1) : operators(0);
                    case "$mod" ->
                        new BsonArray(
                                List.of(new BsonInt32(1 + random.nextInt(4)), new BsonInt32(random.nextInt(3) - 1)));
                    case "$regex" -> new BsonString(one(PATTERNS));
                    default -> value(2);
                });
    }

    BsonDocument sort() {
        var sort = new BsonDocument(one(PATHS), new BsonInt32(random.nextBoolean() ? 1 : -1));
        return sort.append("_id", new BsonInt32(1));
    }

    BsonDocument fields() {
        List<String> paths = new ArrayList<>(List.of(one(PATHS)));
        String other = one(PATHS);
        if (!other.startsWith(paths.getFirst()) && !paths.getFirst().startsWith(other)) {
            paths.add(other);
        }
        var fields = new BsonDocument();
        paths.forEach(path -> fields.append(path, new BsonInt32(1)));
        return fields;
    }
}
