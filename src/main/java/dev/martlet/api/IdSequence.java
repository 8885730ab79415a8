package dev.martlet.api;

import dev.martlet.json.DocumentId;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// ObjectIds for the documents of one request. They ascend. A sequence that begins at the same id repeats them.
///
/// ```java
/// var ids = IdSequence.random();
/// ids.next();   // 69200f1ca5c1d6e80f000000
/// ids.next();   // 69200f1ca5c1d6e80f000001
/// ```
///
/// The last three bytes count 16 million documents, more than fit into a body.
final class IdSequence {

    private static final int COUNTER_AT = 9;

    private final ObjectId first;
    private int given;

    IdSequence(ObjectId first) {
        this.first = first;
    }

    /// A sequence that never meets another one. Its five middle bytes are random; those of `new ObjectId()` are the
    /// same for the whole process.
    static IdSequence random() {
        byte[] random = new byte[8];
        ThreadLocalRandom.current().nextBytes(random);
        return new IdSequence(new ObjectId(ByteBuffer.allocate(12)
                .putInt((int) Instant.now().getEpochSecond())
                .put(random, 0, 5)
                .put(new byte[3])
                .array()));
    }

    ObjectId first() {
        return first;
    }

    ObjectId next() {
        return at(given++);
    }

    private ObjectId at(int place) {
        if (place == 0) {
            return first;
        }
        int count = count(first) + place;
        return new ObjectId(ByteBuffer.wrap(first.toByteArray())
                .put(COUNTER_AT, (byte) (count >>> 16))
                .put(COUNTER_AT + 1, (byte) (count >>> 8))
                .put(COUNTER_AT + 2, (byte) count)
                .array());
    }

    private static int count(ObjectId id) {
        return ByteBuffer.wrap(id.toByteArray()).getInt(COUNTER_AT - 1) & 0xFFFFFF;
    }

    /// Whether this sequence made the id. Otherwise the client did.
    boolean made(BsonValue id) {
        return id.isObjectId()
                && Arrays.equals(
                        first.toByteArray(),
                        0,
                        COUNTER_AT,
                        id.asObjectId().getValue().toByteArray(),
                        0,
                        COUNTER_AT);
    }

    /// The document with the id that it would have if this sequence had begun at `other`. A document with an id of
    /// the client stays as it is.
    RawBsonDocument from(ObjectId other, RawBsonDocument document) {
        BsonValue id = DocumentId.of(document);
        return made(id)
                ? DocumentId.replaced(
                        document, new IdSequence(other).at(count(id.asObjectId().getValue()) - count(first)))
                : document;
    }
}
