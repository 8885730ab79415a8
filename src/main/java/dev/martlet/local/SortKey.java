package dev.martlet.local;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonNumber;
import org.bson.BsonUndefined;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// The members by which documents are sorted, and the direction of each.
///
/// A missing member sorts as null. An array sorts by its least element or, descending, by its greatest. An empty
/// array sorts before null. Several members below one array are compared together, element by element.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/method/cursor.sort/">Sort</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/#arrays">Arrays</a>
final class SortKey {

    private static final BsonValue EMPTY_ARRAY = new BsonUndefined();
    /// No name contains it.
    private static final String AT_END = "\0";

    private final String[] paths;
    private final boolean[] descending;

    private SortKey(String[] paths, boolean[] descending) {
        this.paths = paths;
        this.descending = descending;
    }

    /// @throws CommandFailure if a direction is neither 1 nor -1
    static SortKey parse(BsonDocument sort) {
        String[] paths = new String[sort.size()];
        boolean[] descending = new boolean[sort.size()];
        int at = 0;
        for (Map.Entry<String, BsonValue> by : sort.entrySet()) {
            if (!(by.getValue() instanceof BsonNumber direction) || Math.abs(direction.intValue()) != 1) {
                throw new CommandFailure(15974, "Location15974", "sort by " + by.getKey() + " must be 1 or -1");
            }
            paths[at] = by.getKey();
            descending[at++] = direction.intValue() < 0;
        }
        return new SortKey(paths, descending);
    }

    /// @param a values that a document sorts by
    int compare(List<BsonValue> a, List<BsonValue> b) {
        for (int i = 0; i < paths.length; i++) {
            int order = ValueOrder.ASCENDING.compare(a.get(i), b.get(i));
            if (order != 0) {
                return descending[i] ? -order : order;
            }
        }
        return 0;
    }

    /// The values that a document sorts by, as copies. Arrays give several combinations: this is the first in the
    /// order.
    List<BsonValue> of(BsonDocument document) {
        var first = new First();
        combine(document, paths.clone(), new BsonValue[paths.length], first);
        return Arrays.stream(Objects.requireNonNull(first.values))
                .map(Documents::detached)
                .toList();
    }

    private final class First {
        private BsonValue @Nullable [] values;

        void add(BsonValue[] more) {
            if (values == null || compare(Arrays.asList(more), Arrays.asList(values)) < 0) {
                values = more;
            }
        }
    }

    /// @param rest the rest of each path below `document`; [#AT_END] if `values` has the value
    private void combine(@Nullable BsonDocument document, String[] rest, BsonValue[] values, First first) {
        BsonArray array = null;
        String pathOfArray = "";
        List<Integer> inArray = new ArrayList<>();
        for (int i = 0; i < rest.length; i++) {
            if (rest[i].equals(AT_END)) {
                continue;
            }
            String path = rest[i];
            BsonValue value = descend(document, rest, i);
            if (value instanceof BsonArray several) {
                String pathOfThis =
                        rest[i].equals(AT_END) ? path : path.substring(0, path.length() - rest[i].length() - 1);
                if (array != null && !pathOfThis.equals(pathOfArray)) {
                    throw CommandFailure.badValue("cannot sort with keys that are parallel arrays");
                }
                array = several;
                pathOfArray = pathOfThis;
                inArray.add(i);
            } else {
                rest[i] = AT_END;
                values[i] = value == null ? BsonNull.VALUE : value;
            }
        }
        if (array == null) {
            first.add(values);
        } else {
            combineElements(array, inArray, rest, values, first);
        }
    }

    private void combineElements(
            BsonArray array, List<Integer> inArray, String[] rest, BsonValue[] values, First first) {
        if (array.isEmpty()) {
            for (int i : inArray) {
                values[i] = rest[i].equals(AT_END) ? EMPTY_ARRAY : BsonNull.VALUE;
            }
            combine(null, atEnd(rest, inArray), values, first);
            return;
        }
        for (BsonValue element : array) {
            BsonValue[] each = values.clone();
            String[] left = rest.clone();
            for (int i : inArray) {
                if (rest[i].equals(AT_END)) {
                    each[i] = element;
                }
            }
            combine(element instanceof BsonDocument inner ? inner : null, left, each, first);
        }
    }

    private static String[] atEnd(String[] rest, List<Integer> places) {
        String[] ended = rest.clone();
        places.forEach(i -> ended[i] = AT_END);
        return ended;
    }

    /// Goes down to the end of the path, or to the first array on it, and stores the rest of the path in `rest`. A
    /// number goes into an array that has such an index.
    private static @Nullable BsonValue descend(@Nullable BsonDocument document, String[] rest, int i) {
        BsonValue value = document;
        while (!rest[i].equals(AT_END)) {
            int dot = rest[i].indexOf('.');
            String name = dot < 0 ? rest[i] : rest[i].substring(0, dot);
            switch (value) {
                case BsonDocument inner -> value = inner.get(name);
                case BsonArray array when placeIn(array, name) >= 0 -> value = array.get(placeIn(array, name));
                case BsonArray array -> {
                    return array;
                }
                case null, default -> {
                    return null;
                }
            }
            rest[i] = dot < 0 ? AT_END : rest[i].substring(dot + 1);
        }
        return value;
    }

    private static int placeIn(BsonArray array, String name) {
        boolean isNumber = !name.isEmpty() && name.length() < 9 && name.chars().allMatch(c -> c >= '0' && c <= '9');
        int place = isNumber ? Integer.parseInt(name) : -1;
        return place < array.size() && Integer.toString(place).equals(name) ? place : -1;
    }
}
