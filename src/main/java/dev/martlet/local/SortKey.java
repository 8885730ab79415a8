package dev.martlet.local;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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
/// A number is a place in an array that has it. There, an inner array at the end of the path is one value, as in
/// mongod's `btree_key_generator.cpp`, which makes the keys of sorts too:
/// `{"v": [[3, 1]]}` sorts `v.0` by `[3, 1]`.
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
        @Nullable BsonValue[] from = new BsonValue[paths.length];
        Arrays.fill(from, document);
        combine(from, paths.clone(), new BsonValue[paths.length], first);
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

    /// @param from what each path goes on from
    /// @param rest the rest of each path; [#AT_END] if `values` has the value
    @SuppressWarnings("ReferenceEquality") // the very same element, not an equal one
    private void combine(@Nullable BsonValue[] from, String[] rest, BsonValue[] values, First first) {
        BsonArray array = null;
        BsonValue around = null;
        String pathOfArray = "";
        List<Integer> inArray = new ArrayList<>();
        for (int i = 0; i < rest.length; i++) {
            if (rest[i].equals(AT_END)) {
                continue;
            }
            String path = rest[i];
            BsonValue value = descend(from[i], rest, i);
            if (value instanceof BsonArray several) {
                String pathOfThis = before(rest[i], path);
                if (array != null && (from[i] != around || !pathOfThis.equals(pathOfArray))) {
                    throw CommandFailure.badValue("cannot sort with keys that are parallel arrays");
                }
                array = several;
                around = from[i];
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
        BsonValue[] placed = new BsonValue[rest.length];
        Map<Integer, BsonValue> places = new HashMap<>();
        for (int i : inArray) {
            int place = array.isEmpty() ? -1 : placeIn(array, name(rest[i]));
            if (array.isEmpty()) {
                values[i] = rest[i].equals(AT_END) ? EMPTY_ARRAY : BsonNull.VALUE;
                rest[i] = AT_END;
            } else if (place >= 0) {
                requireNoMember(array, name(rest[i]));
                placed[i] = places.computeIfAbsent(place, array::get);
                rest[i] = afterName(rest[i]);
                if (rest[i].equals(AT_END)) {
                    values[i] = whole(placed[i]);
                }
            }
        }
        if (array.isEmpty() || inArray.stream().allMatch(i -> placed[i] != null)) {
            combine(placed, rest, values, first);
            return;
        }
        int place = 0;
        for (BsonValue next : array) {
            BsonValue element = places.getOrDefault(place++, next);
            BsonValue[] each = values.clone();
            @Nullable BsonValue[] from = new BsonValue[rest.length];
            for (int i : inArray) {
                if (placed[i] != null) {
                    from[i] = placed[i];
                } else if (rest[i].equals(AT_END)) {
                    each[i] = element;
                } else {
                    from[i] = element instanceof BsonDocument ? element : null;
                }
            }
            combine(from, rest.clone(), each, first);
        }
    }

    /// A place that ends a path stands for its element, even if that is an array. Only an empty one is nothing.
    private static BsonValue whole(BsonValue element) {
        return element instanceof BsonArray inner && inner.isEmpty() ? EMPTY_ARRAY : element;
    }

    /// Goes down to the end of the path, or to the first array on it, and stores the rest of the path in `rest`.
    private static @Nullable BsonValue descend(@Nullable BsonValue from, String[] rest, int i) {
        BsonValue value = from;
        while (!rest[i].equals(AT_END)) {
            if (value instanceof BsonArray) {
                return value;
            }
            if (!(value instanceof BsonDocument document)) {
                return null;
            }
            value = document.get(name(rest[i]));
            rest[i] = afterName(rest[i]);
        }
        return value;
    }

    private static String before(String rest, String path) {
        return rest.equals(AT_END) ? path : path.substring(0, Math.max(0, path.length() - rest.length() - 1));
    }

    private static String name(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? path : path.substring(0, dot);
    }

    private static String afterName(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? AT_END : path.substring(dot + 1);
    }

    /// @throws CommandFailure if the number means a place of the array and a member of one of its elements too
    private static void requireNoMember(BsonArray array, String number) {
        for (BsonValue element : array) {
            if (element instanceof BsonDocument document && document.containsKey(number)) {
                throw new CommandFailure(
                        16746, "Location16746", "ambiguous in an array: " + number + " is a place and a name");
            }
        }
    }

    private static int placeIn(BsonArray array, String name) {
        boolean isNumber = !name.isEmpty() && name.length() < 9 && name.chars().allMatch(c -> c >= '0' && c <= '9');
        int place = isNumber ? Integer.parseInt(name) : -1;
        return place < array.size() && Integer.toString(place).equals(name) ? place : -1;
    }
}
