package dev.martlet.local;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// Walks over documents by a list of their keys, in key order: a search for a thousand ids is a thousand look-ups,
/// however many documents there are between the first and the last.
final class KeyLookup implements Iterator<StoredDocument> {

    private final Storage storage;
    private final String namespace;
    private final Iterator<BsonValue> keys;
    private @Nullable StoredDocument next;

    /// @param keys in key order
    KeyLookup(Storage storage, String namespace, List<BsonValue> keys, boolean descending) {
        this.storage = storage;
        this.namespace = namespace;
        this.keys = (descending ? keys.reversed() : keys).iterator();
    }

    /// The keys that a filter names, in their order, when nothing else can match it; else null.
    static @Nullable List<BsonValue> named(BsonDocument filter) {
        if (filter.get("_id") instanceof BsonDocument condition
                && condition.get("$in") instanceof BsonArray values
                && values.stream().allMatch(KeyRange::isKey)) {
            Set<BsonValue> keys = new TreeSet<>(ValueOrder.ASCENDING);
            values.forEach(value -> keys.add(Documents.decoded(value)));
            return new ArrayList<>(keys);
        }
        if (filter.get("$and") instanceof BsonArray all) {
            for (BsonValue each : all) {
                List<BsonValue> keys = each instanceof BsonDocument query ? named(query) : null;
                if (keys != null) {
                    return keys;
                }
            }
        }
        return null;
    }

    @Override
    public boolean hasNext() {
        while (next == null && keys.hasNext()) {
            Work.check();
            next = StoredDocument.find(storage, namespace, keys.next());
        }
        return next != null;
    }

    @Override
    public StoredDocument next() {
        StoredDocument found = hasNext() ? next : null;
        if (found == null) {
            throw new NoSuchElementException();
        }
        next = null;
        return found;
    }
}
