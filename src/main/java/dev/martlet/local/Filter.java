package dev.martlet.local;

import de.bwaldvogel.mongo.backend.QueryMatcher;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A query filter, taken apart: the range of keys to look at, the documents that a match must equal, and the
/// conditions that are left for the query engine.
final class Filter {

    /// Pointers, code and symbols: the query engine does not know them, and refuses `{$type: [2, 14]}`.
    private static final Set<Integer> UNKNOWN_TYPES = Set.of(12, 13, 14, 15);
    private static final Set<Integer> TYPES_AFTER_IDS = Set.of(8, 9, 11, 12, 13, 15, 17, 127);
    private static final Set<Integer> TYPES_AFTER_STRINGS = Set.of(3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 17, 127);

    private final @Nullable String idField;
    private KeyRange keys = KeyRange.ALL;
    private final List<Document> equalTo = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private int mostBytes = Integer.MAX_VALUE;
    private final List<Document> conditions = new ArrayList<>();

    Filter(Document query, @Nullable String idField) {
        this.idField = idField;
        add(query);
    }

    private void add(Document query) {
        for (Map.Entry<String, Object> condition : query.entrySet()) {
            String name = condition.getKey();
            Object value = condition.getValue();
            if (name.equals("$and")
                    && value instanceof Collection<?> all
                    && !all.isEmpty()
                    && all.stream().allMatch(Document.class::isInstance)) {
                all.forEach(each -> add((Document) each));
                continue;
            }
            if (name.equals("$expr")
                    && value instanceof Document operator
                    && operator.size() == 1
                    && operator.get("$and") instanceof List<?> all) {
                all.forEach(each -> add(new Document("$expr", each)));
                continue;
            }
            KeyRange range = name.equals(idField) ? KeyRange.satisfying(value) : null;
            Document literal = name.equals("$expr") ? equalToRoot(value) : null;
            Integer size = name.equals("$expr") ? sizeOfRoot("$eq", value) : null;
            Integer most = name.equals("$expr") ? sizeOfRoot("$lte", value) : null;
            if (range != null) {
                keys = keys.and(range);
            } else if (literal != null) {
                equalTo.add(literal);
            } else if (size != null) {
                sizes.add(size);
            } else if (most != null) {
                mostBytes = Math.min(mostBytes, most);
            } else {
                conditions.add(new Document(name, withoutUnknownTypes(value)));
                keys = keys.and(name.equals(idField) ? span(value) : KeyRange.ALL);
            }
        }
    }

    /// The document of `{$eq: ["$$ROOT", {$literal: document}]}`, the compare-and-swap.
    private static @Nullable Document equalToRoot(@Nullable Object expression) {
        List<?> sides = sides("$eq", expression);
        return "$$ROOT".equals(sides.get(0))
                        && sides.get(1) instanceof Document literal
                        && literal.size() == 1
                        && literal.get("$literal") instanceof Document document
                ? document
                : null;
    }

    /// The bytes of `{$eq: [{$bsonSize: "$$ROOT"}, bytes]}`, what tells `1` from `1.0` in a compare-and-swap; or of
    /// `$lte`, for who has no room for more.
    private static @Nullable Integer sizeOfRoot(String operator, @Nullable Object expression) {
        List<?> sides = sides(operator, expression);
        return sides.get(0) instanceof Document size
                        && size.size() == 1
                        && "$$ROOT".equals(size.get("$bsonSize"))
                        && sides.get(1) instanceof Integer bytes
                ? bytes
                : null;
    }

    private static List<?> sides(String name, @Nullable Object expression) {
        return expression instanceof Document operator
                        && operator.size() == 1
                        && operator.get(name) instanceof List<?> sides
                        && sides.size() == 2
                ? sides
                : List.of("", "");
    }

    private static @Nullable Object withoutUnknownTypes(@Nullable Object condition) {
        if (condition instanceof Document operators
                && operators.get("$type") instanceof Collection<?> types
                && types.stream().anyMatch(type -> isOf(UNKNOWN_TYPES, type))) {
            var known = new Document();
            known.putAll(operators);
            known.put(
                    "$type",
                    types.stream().filter(type -> !isOf(UNKNOWN_TYPES, type)).toList());
            return known;
        }
        return condition;
    }

    private static boolean isOf(Set<Integer> types, @Nullable Object type) {
        return type instanceof Integer code && types.contains(code);
    }

    /// From the least to the greatest of `{$in: […]}`, or from where the types of `{$type: […]}` begin; what lies
    /// between is left to the condition itself.
    private static KeyRange span(@Nullable Object condition) {
        if (condition instanceof Document operators
                && operators.get("$in") instanceof Collection<?> values
                && !values.isEmpty()
                && values.stream().allMatch(value -> KeyRange.satisfying(value) != null)) {
            List<?> sorted = values.stream().sorted(BsonOrder.ASCENDING).toList();
            return new KeyRange(sorted.getFirst(), true, sorted.getLast(), true);
        }
        if (condition instanceof Document operators && operators.get("$type") instanceof Collection<?> types) {
            return types.stream().allMatch(type -> isOf(TYPES_AFTER_IDS, type))
                    ? new KeyRange(false, true, null, true)
                    : types.stream().allMatch(type -> isOf(TYPES_AFTER_STRINGS, type))
                            ? new KeyRange(new Document(), true, null, true)
                            : KeyRange.ALL;
        }
        return KeyRange.ALL;
    }

    KeyRange keys() {
        return keys;
    }

    boolean matches(Document document, QueryMatcher matcher) {
        return equalTo.stream().allMatch(other -> BsonOrder.ASCENDING.compare(document, other) == 0)
                && sizes.stream().allMatch(bytes -> BsonBytes.encode(document).length == bytes)
                && (mostBytes == Integer.MAX_VALUE || BsonBytes.encode(document).length <= mostBytes)
                && conditions.stream().allMatch(condition -> matcher.matches(document, condition));
    }
}
