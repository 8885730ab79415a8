package dev.martlet.local;

import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// Sorts documents by other fields than the key. It holds their keys and the sorted fields only, and of those no more
/// than the query's limit asks for.
final class SortedKeys {

    private record Row(List<@Nullable Object> values, Object key) {}

    private final Document sort;
    private final int keep;
    private final Comparator<Row> order = this::compare;
    private final PriorityQueue<Row> rows = new PriorityQueue<>(order.reversed());

    /// @param keep how many to keep of those that sort first; 0 keeps all
    SortedKeys(Document sort, int keep) {
        this.sort = sort;
        this.keep = keep;
    }

    void add(Object key, Document document) {
        List<@Nullable Object> values = new ArrayList<>(sort.size());
        sort.forEach((field, direction) -> values.add(
                sortValue(Utils.getSubdocumentValueCollectionAware(document, field), isAscending(direction))));
        rows.add(new Row(values, key));
        if (keep > 0 && rows.size() > keep) {
            rows.remove();
        }
    }

    List<Object> keys() {
        return rows.stream().sorted(order).map(Row::key).toList();
    }

    /// Ascending, an array sorts by its least element; descending, by its greatest.
    private static @Nullable Object sortValue(@Nullable Object value, boolean ascending) {
        if (value instanceof Collection<?> array) {
            Comparator<@Nullable Object> order = BsonOrder.ASCENDING;
            return array.stream()
                    .map(Missing::ofNullable)
                    .min(ascending ? order : order.reversed())
                    .orElse(null);
        }
        return value;
    }

    private static boolean isAscending(Object direction) {
        return ((Number) direction).intValue() > 0;
    }

    private int compare(Row a, Row b) {
        int field = 0;
        for (Map.Entry<String, Object> by : sort.entrySet()) {
            int result = BsonOrder.ASCENDING.compare(
                    a.values().get(field), b.values().get(field));
            if (result != 0) {
                return isAscending(by.getValue()) ? result : -result;
            }
            field++;
        }
        return BsonOrder.ASCENDING.compare(a.key(), b.key());
    }
}
