package dev.martlet.local;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// Sorts documents by members other than the key. It holds only their keys and the values that they sort by, and no
/// more of them than the query's limit asks for.
final class SortedKeys {

    private static final int BYTES_OF_A_ROW = 64;

    private record Row(List<BsonValue> values, BsonValue key, long bytes) {}

    private final SortKey sort;
    private final int keep;
    private final SortMemory.Share memory;
    private final Comparator<Row> order = this::compare;
    private final List<Row> all = new ArrayList<>();
    private final PriorityQueue<Row> first = new PriorityQueue<>(order.reversed());
    private long bytes;

    /// @param keep how many of the first to keep; 0 keeps all
    SortedKeys(SortKey sort, int keep, SortMemory.Share memory) {
        this.sort = sort;
        this.keep = keep;
        this.memory = memory;
    }

    void add(BsonValue key, RawBsonDocument document) {
        // The `_id` is often among what is sorted by: once is enough.
        List<BsonValue> values = sort.of(document).stream()
                .map(value -> value.equals(key) ? key : value)
                .toList();
        int size = BYTES_OF_A_ROW + Documents.memory(key);
        for (BsonValue value : values) {
            size += value.equals(key) ? 0 : Documents.memory(value);
        }
        var row = new Row(values, key, size);
        bytes += size;
        if (keep == 0) {
            all.add(row);
        } else {
            first.add(row);
            if (first.size() > keep) {
                bytes -= first.remove().bytes;
            }
        }
        memory.require(bytes);
    }

    /// The keys in order. Everything else is released.
    Iterator<BsonValue> keys() {
        List<BsonValue> keys = Stream.concat(all.stream(), first.stream())
                .sorted(order)
                .map(Row::key)
                .toList();
        memory.shrinkTo(
                keys.stream().mapToLong(key -> 8 + Documents.memory(key)).sum());
        return keys.iterator();
    }

    private int compare(Row a, Row b) {
        Work.check();
        int result = sort.compare(a.values(), b.values());
        return result != 0 ? result : ValueOrder.ASCENDING.compare(a.key(), b.key());
    }
}
