package dev.martlet.api;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.bson.BsonValue;
import org.bson.types.ObjectId;

/// ObjectIds for the documents of one request: ascending, and the same again when begun at the same id.
///
/// The five middle bytes are random for each sequence, where `new ObjectId()` has them random for each process: so no
/// sequence runs into another. The last three count 16 million documents, more than fit into a body.
final class IdSequence {

    private final byte[] prefix;
    private int counter;

    IdSequence(ObjectId first) {
        byte[] bytes = first.toByteArray();
        prefix = java.util.Arrays.copyOf(bytes, 9);
        counter = ByteBuffer.allocate(4).put((byte) 0).put(bytes, 9, 3).getInt(0);
    }

    static ObjectId first() {
        byte[] random = new byte[8];
        ThreadLocalRandom.current().nextBytes(random);
        return new ObjectId(ByteBuffer.allocate(12)
                .putInt((int) Instant.now().getEpochSecond())
                .put(random, 0, 5)
                .put(new byte[3])
                .array());
    }

    ObjectId next() {
        int count = counter++;
        return new ObjectId(ByteBuffer.allocate(12)
                .put(prefix)
                .put((byte) (count >>> 16))
                .put((byte) (count >>> 8))
                .put((byte) count)
                .array());
    }

    /// Whether this sequence made the id, and not the client.
    boolean made(BsonValue id) {
        return id.isObjectId()
                && java.util.Arrays.equals(
                        prefix, 0, 9, id.asObjectId().getValue().toByteArray(), 0, 9);
    }
}
