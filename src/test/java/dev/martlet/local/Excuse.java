package dev.martlet.local;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonNumber;
import org.bson.BsonValue;

/// A difference to MongoDB that DocumentDB 0.108 is known for, behind its gateway and behind FerretDB 2.7. An excuse
/// covers single documents of an answer, and only those for which its reason holds. All other documents have to be the
/// same, and in the same order.
///
/// Each has a proof: a document and a query that shows it. Databases that give MongoDB's answer to all proofs are not
/// excused anything. One that gives it to some of them has been mended: then the test fails until the excuse is gone.
enum Excuse {

    /// mongod makes the keys of sorts by `src/mongo/db/index/btree_key_generator.cpp`: a place in an array stands for
    /// its element alone, and an inner array there is one value. (`btree_key_generator_test.cpp`,
    /// `GetKeysPositionalKeyPatternNestedArray2`). DocumentDB takes the least of that element's elements, and of
    /// what all elements have under that number as a name: `CompareForOrderBy` in `bson_dollar_operators.c`.
    SORT_BY_PLACE("sort", "{'v.0': 1}", "{v: [[1, 2]]}", true) {
        @Override
        boolean covers(BsonDocument sort, BsonDocument document) {
            return Part.of(sort)
                    .filter(Part::isPlace)
                    .flatMap(part -> at(document, part.beforePlace()))
                    .anyMatch(value -> value instanceof BsonArray array
                            && array.stream().anyMatch(each -> each.isArray() || each.isDocument()));
        }
    },

    /// Numbers of different types are equal if their values are:
    /// https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/#numeric-types. DocumentDB finds
    /// `{v: 1.5}` whatever the type, but not among several values (and it makes a list of `$or`): there, only whole
    /// numbers of 64 bits do, and none inside of a document or an array.
    NUMBER_IN_LIST("filter", "{v: {$in: [0, 1.5]}}", "{v: NumberDecimal('1.5')}", true) {
        @Override
        boolean covers(BsonDocument filter, BsonDocument document) {
            List<BsonNumber> stored = all(document)
                    .filter(BsonNumber.class::isInstance)
                    .map(BsonNumber.class::cast)
                    .toList();
            return listed(filter)
                    .flatMap(value -> value instanceof BsonNumber number
                            ? Stream.of(number).filter(each -> !isWhole(each))
                            : all(value).filter(BsonNumber.class::isInstance).map(BsonNumber.class::cast))
                    .anyMatch(number -> stored.stream()
                            .anyMatch(each -> each.getBsonType() != number.getBsonType()
                                    && NumberOrder.compare(each, number) == 0));
        }
    },

    /// mongod asks the elements of an array that are documents for a member of that name, and only those, beside the
    /// element at that place: `src/mongo/db/matcher/path.cpp`, `BSONElementIterator::more`. An array without any
    /// such element has no value at the path, not even a missing one.
    NULL_AT_PLACE("filter", "{'v.1': null}", "{v: [1]}", false) {
        @Override
        boolean covers(BsonDocument filter, BsonDocument document) {
            return isNullAtPlace(filter, document, false);
        }
    },

    /// By the same rule, the element `{}` has no member `0`, which equals null. DocumentDB finds that too, but not if
    /// null is one of several values.
    NULL_OF_SEVERAL_AT_PLACE("filter", "{'v.0': {$in: [null, 1]}}", "{v: [{}]}", true) {
        @Override
        boolean covers(BsonDocument filter, BsonDocument document) {
            return isNullAtPlace(filter, document, true);
        }
    },

    /// The same below a value that has no members: the element `{a: 5}` has no `a.b`.
    NULL_OF_SEVERAL_BELOW_SCALAR("filter", "{'v.a.b': {$in: [null, 1]}}", "{v: [{a: 5}]}", true) {
        @Override
        boolean covers(BsonDocument filter, BsonDocument document) {
            return Part.of(filter)
                    .filter(part -> part.hasSeveralValues() && part.mentionsNull())
                    .map(part -> part.onTheWay(document))
                    .anyMatch(way -> way.stream().anyMatch(BsonValue::isArray)
                            && way.stream().anyMatch(each -> !each.isArray() && !each.isDocument()));
        }
    },

    /// `$size` asks for the array at its path:
    /// https://www.mongodb.com/docs/manual/reference/operator/query/size/. Inside `$elemMatch`, DocumentDB asks
    /// the element itself, if that is an array.
    SIZE_IN_ELEMENT("filter", "{v: {$elemMatch: {a: {$size: 1}}}}", "{v: [[1]]}", false) {
        @Override
        boolean covers(BsonDocument filter, BsonDocument document) {
            return Part.of(filter)
                    .anyMatch(part -> part.inElement()
                            && part.condition() instanceof BsonDocument operators
                            && operators.containsKey("$size")
                            && (hasArrayInArray(document)
                                    || at(document, part.path()).anyMatch(BsonValue::isArray)));
        }
    },

    /// An inner array counts as a document with its indexes as names, and so has no `a`, which equals null. Inside
    /// `$elemMatch`, DocumentDB finds that by `$eq`, but not by `$lte` and `$gte`, which mean the same for null.
    NULL_ORDER_IN_ELEMENT("filter", "{v: {$elemMatch: {a: {$lte: null}}}}", "{v: [[1]]}", true) {
        @Override
        boolean covers(BsonDocument filter, BsonDocument document) {
            return hasArrayInArray(document)
                    && Part.of(filter)
                            .anyMatch(part -> part.inElement()
                                    && part.condition() instanceof BsonDocument operators
                                    && (operators.isNull("$lte") || operators.isNull("$gte")));
        }
    };

    private static final Pattern PLACE = Pattern.compile("(?:(.*?)\\.)?\\d+(?:\\..*)?");

    private final boolean sorts;
    private final String query;
    private final String document;
    private final boolean found;

    /// @param found whether MongoDB finds the document, or sorts it behind `{v: [3]}`
    Excuse(String kind, String query, String document, boolean found) {
        this.sorts = kind.equals("sort");
        this.query = query;
        this.document = document;
        this.found = found;
    }

    /// Whether the answer to a query may differ in this document.
    abstract boolean covers(BsonDocument query, BsonDocument document);

    boolean sorts() {
        return sorts;
    }

    BsonDocument query() {
        return BsonDocument.parse(query);
    }

    BsonDocument document() {
        return BsonDocument.parse(document);
    }

    boolean found() {
        return found;
    }

    /// One condition of a filter, or one member of a sort.
    ///
    /// @param path      from the whole document, through `$elemMatch`
    /// @param inElement whether it is below `$elemMatch`
    private record Part(String path, BsonValue condition, boolean inElement) {

        static Stream<Part> of(BsonDocument query) {
            return of("", query, false);
        }

        private static Stream<Part> of(String prefix, BsonDocument query, boolean inElement) {
            return query.entrySet().stream().flatMap(entry -> {
                String name = entry.getKey();
                BsonValue value = entry.getValue();
                return switch (name) {
                    case "$and", "$or", "$nor" ->
                        value.asArray().stream().flatMap(each -> of(prefix, each.asDocument(), inElement));
                    case "$not" -> of(prefix, value.asDocument(), inElement);
                    case "$elemMatch" -> of(prefix, value.asDocument(), true);
                    case String operator
                    when operator.startsWith("$") ->
                        Stream.of(new Part(prefix, new BsonDocument(operator, value), inElement));
                    default -> {
                        String path = prefix.isEmpty() ? name : prefix + "." + name;
                        yield value instanceof BsonDocument inner
                                        && !inner.isEmpty()
                                        && inner.getFirstKey().startsWith("$")
                                ? of(path, inner, inElement)
                                : Stream.of(new Part(path, value, inElement));
                    }
                };
            });
        }

        boolean isPlace() {
            return PLACE.matcher(path).matches();
        }

        String beforePlace() {
            var matcher = PLACE.matcher(path);
            return matcher.matches() ? Objects.requireNonNullElse(matcher.group(1), "") : path;
        }

        /// The values at the path's beginnings.
        List<BsonValue> onTheWay(BsonDocument document) {
            return IntStream.range(0, path.length())
                    .filter(i -> path.charAt(i) == '.')
                    .mapToObj(i -> path.substring(0, i))
                    .flatMap(beginning -> at(document, beginning))
                    .toList();
        }

        boolean mentionsNull() {
            return Stream.concat(Stream.of(condition), all(condition)).anyMatch(BsonValue::isNull);
        }

        boolean hasSeveralValues() {
            return condition instanceof BsonDocument operators
                    && (operators.containsKey("$in") || operators.containsKey("$nin"));
        }
    }

    private static boolean hasArrayInArray(BsonDocument document) {
        return all(document)
                .anyMatch(value ->
                        value instanceof BsonArray array && array.stream().anyMatch(BsonValue::isArray));
    }

    private static boolean isNullAtPlace(BsonDocument filter, BsonDocument document, boolean several) {
        return Part.of(filter)
                .filter(part -> part.isPlace() && part.hasSeveralValues() == several && part.mentionsNull())
                .flatMap(part -> at(document, part.beforePlace()))
                .anyMatch(BsonValue::isArray);
    }

    /// The values of a list: `$in`, `$nin`, and the equalities of `$or` and `$nor`.
    private static Stream<BsonValue> listed(BsonDocument filter) {
        boolean alternatives = all(filter)
                .anyMatch(value ->
                        value instanceof BsonDocument each && (each.containsKey("$or") || each.containsKey("$nor")));
        boolean alternative = alternatives || filter.containsKey("$or") || filter.containsKey("$nor");
        return Part.of(filter)
                .flatMap(part -> part.condition() instanceof BsonDocument operators
                                && !operators.isEmpty()
                                && operators.getFirstKey().startsWith("$")
                        ? operators.entrySet().stream().flatMap(operator -> switch (operator.getKey()) {
                            case "$in", "$nin" -> operator.getValue().asArray().stream();
                            case "$eq", "$ne" -> alternative ? Stream.of(operator.getValue()) : Stream.of();
                            default -> Stream.of();
                        })
                        : alternative ? Stream.of(part.condition()) : Stream.of());
    }

    private static boolean isWhole(BsonNumber number) {
        return switch (number) {
            case BsonDouble d -> d.getValue() == Math.rint(d.getValue()) && Math.abs(d.getValue()) < 0x1p63;
            case BsonDecimal128 _ -> NumberOrder.isFinite(number) && fitsLong(number);
            default -> true;
        };
    }

    private static boolean fitsLong(BsonNumber number) {
        var decimal = NumberOrder.decimal(number).stripTrailingZeros();
        return decimal.scale() <= 0 && decimal.toBigInteger().bitLength() < Long.SIZE;
    }

    /// The values at a path, through arrays of documents.
    private static Stream<BsonValue> at(BsonValue value, String path) {
        if (path.isEmpty()) {
            return Stream.of(value);
        }
        int dot = path.indexOf('.');
        String name = dot < 0 ? path : path.substring(0, dot);
        String rest = dot < 0 ? "" : path.substring(dot + 1);
        return switch (value) {
            case BsonDocument document ->
                document.containsKey(name) ? at(Objects.requireNonNull(document.get(name)), rest) : Stream.of();
            case BsonArray array -> array.stream().filter(BsonValue::isDocument).flatMap(each -> at(each, path));
            default -> Stream.of();
        };
    }

    /// What is inside of a value, however deep.
    private static Stream<BsonValue> all(BsonValue value) {
        Stream<BsonValue> inner =
                switch (value) {
                    case BsonDocument document -> document.values().stream();
                    case BsonArray array -> array.stream();
                    default -> Stream.of();
                };
        return inner.flatMap(each -> Stream.concat(Stream.of(each), all(each)));
    }
}
