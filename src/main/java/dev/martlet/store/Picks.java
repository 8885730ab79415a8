package dev.martlet.store;

import com.mongodb.client.MongoCursor;
import com.mongodb.client.cursor.TimeoutMode;
import dev.martlet.json.DocumentId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A pass over documents in two steps, so that no document comes for which there is no room. First it reads the
/// ids, in the wanted order. Then it reads documents of the usual size together, and larger ones one by one.
final class Picks implements AutoCloseable {

    private static final int MOST_IDS = 1000;
    /// A document is of the usual size up to this many times that size.
    private static final int UNUSUAL = 4;
    private static final int FIRST_GUESS_BYTES = 1 << 10;
    /// Four times as much still needs no room among the large ones.
    static final int MOST_GUESSED_BYTES = Reads.MOST_TOGETHER_BYTES / UNUSUAL;
    private static final int MOST_DOCUMENT_BYTES = 17 << 20;

    private final Query query;
    private final BsonDocument filter;
    private final Reads reads;
    private final Room room;
    private final MongoCursor<RawBsonDocument> all;
    private final Deque<BsonValue> picked = new ArrayDeque<>();
    private final Map<BsonValue, RawBsonDocument> fetched = new HashMap<>();
    private boolean fetching;
    private long usualSize;

    /// @param limit     how many documents; 0 means all
    /// @param usualSize of a document, in bytes; 0 if it is not known
    Picks(View documents, Query query, BsonDocument filter, int limit, Reads reads, Room room, long usualSize) {
        this.query = query;
        this.filter = filter;
        this.reads = reads;
        this.room = room;
        this.usualSize = usualSize == 0 ? FIRST_GUESS_BYTES : usualSize;
        this.all = documents
                .find(filter)
                .timeoutMode(TimeoutMode.ITERATION)
                .projection(Query.BY_ID)
                .sort(query.order())
                .batchSize(limit == 0 ? MOST_IDS : Math.min(MOST_IDS, limit + 1))
                .limit(limit)
                .iterator();
    }

    /// The next document, or null after the last. After a failure it can be asked again.
    ///
    /// @param granted how many bytes there is room for
    /// @throws NoRoomException if that is not enough; the caller can ask again
    @Nullable
    RawBsonDocument next(View documents, long granted) {
        while (true) {
            if (picked.isEmpty() && !pick(granted)) {
                return null;
            }
            if (fetching) {
                fetch(documents);
            }
            BsonValue id = picked.getFirst();
            RawBsonDocument document = fetched.get(id);
            if (document == null) {
                document = alone(documents, id);
            }
            picked.removeFirst();
            fetched.remove(id);
            if (document != null) {
                return document;
            }
            // It was removed meanwhile.
        }
    }

    /// Whether it holds ids, which outlive a lost cursor.
    boolean pending() {
        return !picked.isEmpty();
    }

    long usualSize() {
        return usualSize;
    }

    private boolean pick(long granted) {
        boolean alone = usualSize > Reads.MOST_TOGETHER_BYTES;
        long bytes = alone ? 0 : granted;
        int count = Math.clamp(bytes / usualSize, 1, MOST_IDS);
        while (picked.size() < count && all.hasNext()) {
            picked.add(DocumentId.of(all.next()));
        }
        fetching = !alone && picked.size() > 1;
        return !picked.isEmpty();
    }

    private void fetch(View documents) {
        var ids = Target.byIds(picked);
        var stillFit = filter.isEmpty() ? ids : new BsonDocument("$and", new BsonArray(List.of(ids, filter)));
        var some = documents
                .find(Reads.atMost((int) usualSize * UNUSUAL, stillFit))
                .projection(query.projection())
                .batchSize(picked.size() + 1)
                .into(new ArrayList<>());
        long bytes = 0;
        for (RawBsonDocument document : some) {
            fetched.put(DocumentId.of(document), document);
            bytes += document.getByteLength();
        }
        if (!some.isEmpty()) {
            NoRoomException.unless(room, bytes);
            learn(bytes / some.size());
        }
        fetching = false;
    }

    private @Nullable RawBsonDocument alone(View documents, BsonValue id) {
        int most = Math.clamp(usualSize * UNUSUAL, Reads.MOST_TOGETHER_BYTES, MOST_DOCUMENT_BYTES);
        while (true) {
            NoRoomException.unless(room, most);
            try {
                RawBsonDocument document = reads.find(documents, id, query.projection(), most);
                if (document != null) {
                    learn(document.getByteLength());
                }
                return document;
            } catch (LargerException e) {
                most = Math.min(MOST_DOCUMENT_BYTES, most * UNUSUAL);
            }
        }
    }

    /// One small document among large ones is not a reason to ask for a thousand.
    private void learn(long size) {
        usualSize = Math.max(1, Math.max(size, usualSize / UNUSUAL));
    }

    @Override
    public void close() {
        all.close();
    }
}
