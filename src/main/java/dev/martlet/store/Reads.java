package dev.martlet.store;

import java.util.List;
import java.util.concurrent.Semaphore;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// How many reads may bring anything at all at once; what comes on top says how much it has room for.
///
/// Nobody knows the size of a document before it is there, and it may be 16 MiB: a hundred reads at once could end the
/// process. To ask the database each time would cost every read. So as many as there is memory for just read, and on a
/// large heap that is all of them; the others have the database leave out what is larger than they can hold.
final class Reads {

    /// A document of MongoDB's limit, in the driver's buffer and as a copy.
    private static final long WORST_BYTES = 2 * (16 << 20);
    /// The part of the heap that documents may take which nobody has asked for.
    private static final int HEAP_PART = 8;

    private final Semaphore documents;
    private final Semaphore batches;

    Reads(long heapBytes) {
        int most = Math.clamp(heapBytes / HEAP_PART / WORST_BYTES, 1, 10_000);
        this.documents = new Semaphore(most);
        this.batches = new Semaphore(most);
    }

    /// For a batch of documents of any size; to be released.
    boolean tryBatch() {
        return batches.tryAcquire();
    }

    void batchRead() {
        batches.release();
    }

    @Nullable
    RawBsonDocument find(View collection, BsonValue id, int most) {
        return find(collection, id, Query.EVERYTHING, most);
    }

    /// The document with this id, or null.
    ///
    /// @param fields a projection; empty for all of it
    /// @param most   bytes that there is room for
    /// @throws LargerException when it takes more
    @Nullable
    RawBsonDocument find(View collection, BsonValue id, BsonDocument fields, int most) {
        var byId = new BsonDocument("_id", id);
        if (documents.tryAcquire()) {
            try {
                return find(collection, byId, fields);
            } finally {
                documents.release();
            }
        }
        RawBsonDocument found = find(collection, atMost(most, byId), fields);
        if (found == null
                && collection
                                .find(byId)
                                .projection(new BsonDocument("_id", new BsonInt32(1)))
                                .first()
                        != null) {
            throw new LargerException();
        }
        return found;
    }

    private static @Nullable RawBsonDocument find(View collection, BsonDocument filter, BsonDocument fields) {
        var find = collection.find(filter);
        return (fields.isEmpty() ? find : find.projection(fields)).first();
    }

    /// The filter, and no document of more bytes.
    static BsonDocument atMost(int bytes, BsonDocument filter) {
        var size = new BsonDocument("$bsonSize", new BsonString("$$ROOT"));
        return filter.clone()
                .append("$expr", new BsonDocument("$lte", new BsonArray(List.of(size, new BsonInt32(bytes)))));
    }
}
