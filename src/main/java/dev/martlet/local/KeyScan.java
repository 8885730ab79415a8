package dev.martlet.local;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.bson.BsonValue;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;

/// Walks over the documents of a key range, in key order, without ever holding more than a few of them.
///
/// It reads ahead a little and remembers the last key. It does not hold a version of the store, so an open scan
/// never keeps the store from reusing its space. As in MongoDB, it may or may not see documents that change
/// meanwhile.
final class KeyScan implements Iterator<StoredDocument> {

    private static final int READ_AHEAD_DOCUMENTS = 64;
    private static final int READ_AHEAD_BYTES = 256 * 1024;

    private final Storage storage;
    private final String namespace;
    private final KeyRange range;
    private final boolean descending;
    private final Queue<StoredDocument> ahead = new ArrayDeque<>();
    private @Nullable BsonValue last;
    private boolean includesLast;
    private boolean atEnd;

    KeyScan(Storage storage, String namespace, KeyRange range, boolean descending) {
        this.storage = storage;
        this.namespace = namespace;
        this.range = range;
        this.descending = descending;
        this.last = descending ? range.to() : range.from();
        this.includesLast = descending ? range.includesTo() : range.includesFrom();
    }

    @Override
    public boolean hasNext() {
        if (ahead.isEmpty() && !atEnd) {
            storage.read(generation -> {
                readAhead(generation.collection(namespace));
                return null;
            });
        }
        return !ahead.isEmpty();
    }

    @Override
    public StoredDocument next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ahead.remove();
    }

    private void readAhead(@Nullable MVMap<BsonValue, byte[]> documents) {
        if (documents == null) {
            atEnd = true;
            return;
        }
        MVStore.TxCounter usage =
                documents.store.registerVersionUsage(); // or its pages might be overwritten while being read
        try {
            Cursor<BsonValue, byte[]> cursor = documents.cursor(last, null, descending);
            int bytes = 0;
            while (ahead.size() < READ_AHEAD_DOCUMENTS && bytes < READ_AHEAD_BYTES) {
                if (!cursor.hasNext() || isPastEnd(cursor.next())) {
                    atEnd = true;
                    return;
                }
                if (!isVisited(cursor.getKey())) {
                    ahead.add(new StoredDocument(storage, namespace, cursor.getKey(), cursor.getValue()));
                    bytes += cursor.getValue().length;
                    last = cursor.getKey();
                    includesLast = false;
                }
            }
        } finally {
            documents.store.deregisterVersionUsage(usage);
        }
    }

    private boolean isPastEnd(BsonValue key) {
        return descending ? range.isAbove(key) : range.isBelow(key);
    }

    private boolean isVisited(BsonValue key) {
        return !includesLast && last != null && ValueOrder.ASCENDING.compare(key, last) == 0;
    }
}
