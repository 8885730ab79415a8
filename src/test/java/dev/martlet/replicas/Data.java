package dev.martlet.replicas;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// What one member holds: values by key in collections, each with its versions as far back as somebody may read.
///
/// Documents are in it, and what [Session] keeps of retryable statements, as MongoDB keeps it in
/// `config.transactions`: so it is replicated, and rolled back, together with what the statements did.
final class Data {

    /// @param value `null` if there is none
    /// @param what  the change stream's word for it; empty if change streams do not tell it
    record Change(
            String collection, BsonValue key, @Nullable Object value, String what) {}

    private static final class Version {
        final long index;
        final @Nullable Object value;

        @Nullable
        Version before;

        Version(long index, @Nullable Object value, @Nullable Version before) {
            this.index = index;
            this.value = value;
            this.before = before;
        }
    }

    private record Gone(long index, String collection, BsonValue key) {}

    private final Map<String, NavigableMap<BsonValue, Version>> collections = new HashMap<>();
    private final Queue<Gone> gone = new ArrayDeque<>();

    /// @param horizon the index before which nobody reads or rolls back any more
    void apply(long index, Change change, long horizon) {
        NavigableMap<BsonValue, Version> values = collection(change.collection());
        Version head = values.get(change.key());
        for (Version old = head; old != null; old = old.before) {
            if (old.index <= horizon) {
                old.before = null;
            }
        }
        values.put(change.key(), new Version(index, change.value(), head));
        if (change.value() == null) {
            gone.add(new Gone(index, change.collection(), change.key()));
        }
        for (Gone next = gone.peek(); next != null && next.index <= horizon; next = gone.peek()) {
            gone.remove();
            Version last = collection(next.collection).get(next.key);
            if (last != null && last.index == next.index) {
                collection(next.collection).remove(next.key);
            }
        }
    }

    /// Takes back what came after `index`.
    void rollBack(long index, List<Change> changes) {
        for (Change change : changes) {
            NavigableMap<BsonValue, Version> values = collection(change.collection());
            Version head = values.get(change.key());
            while (head != null && head.index > index) {
                head = head.before;
            }
            if (head == null) {
                values.remove(change.key());
            } else {
                values.put(change.key(), head);
            }
        }
        gone.removeIf(each -> each.index > index);
    }

    /// The value that a key had when the log ended at `index`.
    @Nullable
    Object at(long index, String collection, BsonValue key) {
        return at(index, collection(collection).get(key));
    }

    private static @Nullable Object at(long index, @Nullable Version head) {
        Version version = head;
        while (version != null && version.index > index) {
            version = version.before;
        }
        return version == null ? null : version.value;
    }

    /// When the key's value last changed.
    long changedAt(String collection, BsonValue key) {
        Version head = collection(collection).get(key);
        return head == null ? 0 : head.index;
    }

    /// The next key that has a value at `index`.
    @Nullable
    BsonValue keyAfter(long index, String collection, @Nullable BsonValue key) {
        var values = collection(collection);
        var entry = key == null ? values.firstEntry() : values.higherEntry(key);
        while (entry != null && at(index, entry.getValue()) == null) {
            entry = values.higherEntry(entry.getKey());
        }
        return entry == null ? null : entry.getKey();
    }

    private NavigableMap<BsonValue, Version> collection(String name) {
        return collections.computeIfAbsent(name, _ -> new TreeMap<>(Values.ORDER));
    }
}
