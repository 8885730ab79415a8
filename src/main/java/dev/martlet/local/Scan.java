package dev.martlet.local;

import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;

/// Walks over the documents of a key range, in key order, without ever holding more than a few of them.
///
/// It reads ahead a little and remembers the last key, not a version of the store: an open scan never keeps the store
/// from reusing its space. Documents that change meanwhile are seen or not, as in MongoDB.
final class Scan implements Iterator<Scan.Stored> {

    /// A document as it was when it was read.
    static final class Stored {

        private final Object key;
        private final byte[] bytes;

        Stored(Object key, byte[] bytes) {
            this.key = key;
            this.bytes = bytes;
        }

        Object key() {
            return key;
        }

        int size() {
            return bytes.length;
        }

        /// A new copy at each call: the caller may change it.
        Document document() {
            return BsonBytes.decode(bytes);
        }
    }

    private static final int READ_AHEAD_DOCUMENTS = 64;
    private static final int READ_AHEAD_BYTES = 256 * 1024;

    private final MVMap<Object, byte[]> map;
    private final KeyRange range;
    private final boolean descending;
    private final Queue<Stored> ahead = new ArrayDeque<>();
    private @Nullable Object last;
    private boolean includesLast;
    private boolean atEnd;

    Scan(MVMap<Object, byte[]> map, KeyRange range, boolean descending) {
        this.map = map;
        this.range = range;
        this.descending = descending;
        this.last = descending ? range.to() : range.from();
        this.includesLast = descending ? range.includesTo() : range.includesFrom();
    }

    @Override
    public boolean hasNext() {
        if (ahead.isEmpty() && !atEnd) {
            readAhead();
        }
        return !ahead.isEmpty();
    }

    @Override
    public Stored next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ahead.remove();
    }

    @SuppressWarnings("ThreadPriorityCheck")
    private void readAhead() {
        Thread.yield(); // a long search must not keep a virtual thread's carrier to itself
        MVStore.TxCounter usage =
                map.store.registerVersionUsage(); // or its pages might be overwritten while being read
        try {
            Cursor<Object, byte[]> cursor = map.cursor(last, null, descending);
            int bytes = 0;
            while (ahead.size() < READ_AHEAD_DOCUMENTS && bytes < READ_AHEAD_BYTES) {
                if (!cursor.hasNext() || isPastEnd(cursor.next())) {
                    atEnd = true;
                    return;
                }
                if (!isVisited(cursor.getKey())) {
                    ahead.add(new Stored(cursor.getKey(), cursor.getValue()));
                    bytes += cursor.getValue().length;
                    last = cursor.getKey();
                    includesLast = false;
                }
            }
        } finally {
            map.store.deregisterVersionUsage(usage);
        }
    }

    private boolean isPastEnd(Object key) {
        return descending ? range.isAbove(key) : range.isBelow(key);
    }

    private boolean isVisited(Object key) {
        return !includesLast && last != null && BsonOrder.ASCENDING.compare(key, last) == 0;
    }
}
