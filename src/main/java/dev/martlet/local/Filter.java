package dev.martlet.local;

import de.bwaldvogel.mongo.backend.QueryMatcher;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A query filter, taken apart: the range of keys to look at, the documents that a match must equal, and the conditions
/// that are left for the query engine.
final class Filter {

    private static final Integer SYMBOL = 14;

    private final @Nullable String idField;
    private KeyRange keys = KeyRange.ALL;
    private final List<Document> equalTo = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final List<Document> conditions = new ArrayList<>();

    Filter(Document query, @Nullable String idField) {
        this.idField = idField;
        add(query);
    }

    private void add(Document query) {
        for (Map.Entry<String, Object> condition : query.entrySet()) {
            String name = condition.getKey();
            Object value = condition.getValue();
            if (name.equals("$and") && value instanceof Collection<?> all && !all.isEmpty()
                    && all.stream().allMatch(Document.class::isInstance)) {
                all.forEach(each -> add((Document) each));
                continue;
            }
            if (name.equals("$expr") && value instanceof Document operator && operator.size() == 1 && operator.get("$and") instanceof List<?> all) {
                all.forEach(each -> add(new Document("$expr", each)));
                continue;
            }
            KeyRange range = name.equals(idField) ? KeyRange.satisfying(value) : null;
            Document literal = name.equals("$expr") ? equalToRoot(value) : null;
            Integer size = name.equals("$expr") ? sizeOfRoot(value) : null;
            if (range != null) {
                keys = keys.and(range);
            } else if (literal != null) {
                equalTo.add(literal);
            } else if (size != null) {
                sizes.add(size);
            } else {
                conditions.add(new Document(name, withoutSymbol(value)));
                keys = keys.and(name.equals(idField) ? span(value) : KeyRange.ALL);
            }
        }
    }

    /// The document of `{$eq: ["$$ROOT", {$literal: document}]}`, the compare-and-swap.
    private static @Nullable Document equalToRoot(@Nullable Object expression) {
        List<?> sides = sides(expression);
        return "$$ROOT".equals(sides.get(0)) && sides.get(1) instanceof Document literal && literal.size() == 1
                        && literal.get("$literal") instanceof Document document
                ? document : null;
    }

    /// The bytes of `{$eq: [{$bsonSize: "$$ROOT"}, bytes]}`: what tells `1` from `1.0` in a compare-and-swap.
    private static @Nullable Integer sizeOfRoot(@Nullable Object expression) {
        List<?> sides = sides(expression);
        return sides.get(0) instanceof Document size && size.size() == 1 && "$$ROOT".equals(size.get("$bsonSize"))
                        && sides.get(1) instanceof Integer bytes
                ? bytes : null;
    }

    private static List<?> sides(@Nullable Object expression) {
        return expression instanceof Document operator && operator.size() == 1
                        && operator.get("$eq") instanceof List<?> sides && sides.size() == 2
                ? sides : List.of("", "");
    }

    /// Less the one type that the query engine neither stores nor knows: it refuses `{$type: [2, 14]}`.
    private static @Nullable Object withoutSymbol(@Nullable Object condition) {
        if (condition instanceof Document operators && operators.get("$type") instanceof Collection<?> types && types.contains(SYMBOL)) {
            var known = new Document();
            known.putAll(operators);
            known.put("$type", types.stream().filter(type -> !SYMBOL.equals(type)).toList());
            return known;
        }
        return condition;
    }

    /// From the least to the greatest of `{$in: […]}`; what lies between is left to the condition itself.
    private static KeyRange span(@Nullable Object condition) {
        if (condition instanceof Document operators && operators.get("$in") instanceof Collection<?> values && !values.isEmpty()
                && values.stream().allMatch(value -> KeyRange.satisfying(value) != null)) {
            List<?> sorted = values.stream().sorted(BsonOrder.ASCENDING).toList();
            return new KeyRange(sorted.getFirst(), true, sorted.getLast(), true);
        }
        return KeyRange.ALL;
    }

    KeyRange keys() {
        return keys;
    }

    boolean matches(Document document, QueryMatcher matcher) {
        return equalTo.stream().allMatch(other -> BsonOrder.ASCENDING.compare(document, other) == 0)
                && sizes.stream().allMatch(bytes -> BsonBytes.encode(document).length == bytes)
                && conditions.stream().allMatch(condition -> matcher.matches(document, condition));
    }
}
