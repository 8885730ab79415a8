package dev.martlet.store;

import com.mongodb.client.FindIterable;
import dev.martlet.json.DocumentId;
import dev.martlet.trace.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// How many reads may bring documents of any size at once. Other reads say how much they have room for.
///
/// Nobody knows the size of a document before it is there, and it may be 16 MiB. A hundred reads at once could end
/// the process. Asking the database for the size would cost every read. So as many as there is memory for read at
/// once; on a large heap these are all. For the others, the database omits documents that are larger than they can
/// hold.
final class Reads {

    /// A document of MongoDB's largest size, in the driver's buffer and as a copy.
    private static final long WORST_BYTES = 2 * (16 << 20);
    /// The part of the heap for documents of unknown size.
    private static final int HEAP_PART = 8;
    /// A larger document is read alone: 64 of these take no more than one of MongoDB's limit may.
    static final int MOST_TOGETHER_BYTES = 128 << 10;

    /// How long a batch waits for others. A pod that has used up its processor time stands still for up to 0.1 s, and
    /// so does the batch that is waited for.
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Semaphore documents;
    private final Semaphore batches;
    private final Duration patience;
    /// How many of the batches that are under way the database has to search for.
    private final AtomicInteger searches = new AtomicInteger();

    Reads(long heapBytes) {
        this(heapBytes, PATIENCE);
    }

    /// @param patience how long a batch waits for others
    Reads(long heapBytes, Duration patience) {
        int most = Math.clamp(heapBytes / HEAP_PART / WORST_BYTES, 1, 10_000);
        this.documents = new Semaphore(most);
        this.batches = new Semaphore(most, true);
        this.patience = patience;
    }

    /// A permit for a batch of documents of any size. It has to be released.
    ///
    /// @param search whether the database has to search for the documents, which can take long
    boolean tryBatch(boolean search) {
        boolean permitted = Turns.tryFairly(batches, 0);
        if (permitted && search) {
            searches.incrementAndGet();
        }
        return permitted;
    }

    /// The same for a batch that is no search. If there is no permit, it waits for others, since they take
    /// milliseconds. It does not wait for a search.
    boolean awaitBatch() {
        return tryBatch(false)
                || (searches.get() == 0
                        && Span.waiting("wait for memory", () -> Turns.tryFairly(batches, patience.toNanos())));
    }

    /// @param search whether it was a search
    void batchRead(boolean search) {
        if (search) {
            searches.decrementAndGet();
        }
        batches.release();
    }

    @Nullable
    RawBsonDocument find(View collection, BsonValue id, int most) {
        return find(collection, id, Query.EVERYTHING, most);
    }

    /// The document with this id, or null.
    ///
    /// @param fields a projection; empty for the whole document
    /// @param most   how many bytes there is room for
    /// @throws LargerException if it takes more
    @Nullable
    RawBsonDocument find(View collection, BsonValue id, BsonDocument fields, int most) {
        BsonDocument byId = Target.byId(id);
        if (documents.tryAcquire()) {
            try {
                return find(collection, byId, fields);
            } finally {
                documents.release();
            }
        }
        RawBsonDocument found = find(collection, atMost(most, byId), fields);
        if (found == null && find(collection, byId, Query.BY_ID) != null) {
            throw new LargerException();
        }
        return found;
    }

    private static @Nullable RawBsonDocument find(View collection, BsonDocument filter, BsonDocument fields) {
        var find = collection.find(filter);
        return (fields.isEmpty() ? find : find.projection(fields)).first();
    }

    /// What was found for one of several ids.
    ///
    /// @param larger whether there is a document, and there is no room for it
    record Found(@Nullable RawBsonDocument document, boolean larger) {

        /// @throws LargerException when it is larger
        Optional<RawBsonDocument> get() {
            if (larger) {
                throw new LargerException();
            }
            return Optional.ofNullable(document);
        }
    }

    /// The documents with these ids, each a string or an ObjectId, in their order. A reply of the database holds
    /// 16 MiB, so that however large they are, no more of them is there at once.
    List<Found> findEach(View collection, List<BsonValue> ids) {
        return ids.size() == 1 ? List.of(findAlone(collection, ids.getFirst())) : findTogether(collection, ids);
    }

    private Found findAlone(View collection, BsonValue id) {
        try {
            return new Found(find(collection, id, MOST_TOGETHER_BYTES), false);
        } catch (LargerException e) {
            return new Found(null, true);
        }
    }

    private List<Found> findTogether(View collection, List<BsonValue> ids) {
        BsonDocument byIds = Target.byIds(ids);
        Map<BsonValue, Found> found = HashMap.newHashMap(ids.size());
        if (documents.tryAcquire()) {
            try {
                findTogether(collection.find(byIds), found);
            } finally {
                documents.release();
            }
        } else {
            findTogether(collection.find(atMost(MOST_TOGETHER_BYTES, byIds)), found);
            if (!found.keySet().containsAll(ids)) {
                // They may be larger, or not there.
                var missing = ids.stream().filter(id -> !found.containsKey(id)).toList();
                for (RawBsonDocument id : collection.find(Target.byIds(missing)).projection(Query.BY_ID)) {
                    found.put(DocumentId.of(id), new Found(null, true));
                }
            }
        }
        var answers = new ArrayList<Found>(ids.size());
        var asked = new HashSet<>(ids);
        boolean others = !asked.containsAll(found.keySet());
        for (BsonValue id : ids) {
            Found one = found.get(id);
            if (one == null) {
                // A collation may call another id the same.
                one = others ? findAlone(collection, id) : new Found(null, false);
            }
            answers.add(one);
        }
        return answers;
    }

    private static void findTogether(FindIterable<RawBsonDocument> find, Map<BsonValue, Found> found) {
        for (RawBsonDocument document : find) {
            boolean larger = document.getByteLength() > MOST_TOGETHER_BYTES;
            found.put(DocumentId.of(document), new Found(larger ? null : document, larger));
        }
    }

    /// The filter, restricted to documents of at most this many bytes.
    static BsonDocument atMost(int bytes, BsonDocument filter) {
        var size = new BsonDocument("$bsonSize", new BsonString("$$ROOT"));
        return filter.clone()
                .append("$expr", new BsonDocument("$lte", new BsonArray(List.of(size, new BsonInt32(bytes)))));
    }
}
