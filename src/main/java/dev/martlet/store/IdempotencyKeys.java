package dev.martlet.store;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoWriteException;
import com.mongodb.client.model.IndexOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// Remembers, beside the documents, which request an `Idempotency-Key` was first used for, and which id its document
/// got.
///
/// The order makes retries safe from any replica, at any time: first the key is claimed together with the id to be,
/// then the document is stored under that id, then the key is marked done. Whoever comes in between stores the same
/// document under the same id, which only one can do. A key is forgotten a day after its claim.
public final class IdempotencyKeys {

    private static final Duration KEPT = Duration.ofDays(1);

    /// @param id    the id, or the first of the ids, that the request's documents have
    /// @param done  whether they are stored, and were so acknowledged or are about to be
    /// @param other whether the key belongs to another request
    public record Claim(ObjectId id, boolean done, boolean other) {}

    private final Attempts attempts;
    private volatile boolean indexed;

    IdempotencyKeys(Attempts attempts) {
        this.attempts = attempts;
    }

    /// Claims a key for a request, or tells whose it is.
    ///
    /// @param request what makes the request this one: a digest of its content
    /// @param fresh   the id that the request's document gets if the key is new
    public Claim claim(String key, byte[] request, ObjectId fresh, Deadline deadline) {
        index(deadline);
        var claim = new BsonDocument("_id", new BsonString(key))
                .append("request", new BsonBinary(request))
                .append("id", new BsonObjectId(fresh))
                .append("done", BsonBoolean.FALSE)
                .append("at", new BsonDateTime(Instant.now().toEpochMilli()));
        var raw = new RawBsonDocument(claim, new org.bson.codecs.BsonDocumentCodec());
        return attempts.run("claim", deadline, (keys, again) -> {
            while (true) {
                try {
                    keys.insertOne(raw);
                    return new Claim(fresh, false, false);
                } catch (MongoWriteException e) {
                    if (e.getError().getCategory() != ErrorCategory.DUPLICATE_KEY) {
                        throw e;
                    }
                }
                RawBsonDocument present = keys.find(byKey(key)).first();
                if (present != null && !expired(present)) {
                    return new Claim(
                            present.getObjectId("id").getValue(),
                            present.getBoolean("done").getValue(),
                            !Arrays.equals(present.getBinary("request").getData(), request));
                }
                if (present != null) {
                    // This one, and not another's that has taken its place meanwhile.
                    keys.deleteOne(byKey(key).append("at", present.get("at")));
                }
            }
        });
    }

    /// Says that the claimed documents are stored.
    public void done(String key, Deadline deadline) {
        var done = new BsonDocument("$set", new BsonDocument("done", BsonBoolean.TRUE));
        attempts.run("claim", deadline, (keys, again) -> keys.updateOne(byKey(key), done)
                .getMatchedCount());
    }

    /// The database removes expired claims only now and then, and the embedded one never.
    private static boolean expired(RawBsonDocument claim) {
        Instant claimed = Instant.ofEpochMilli(claim.getDateTime("at").getValue());
        return claimed.plus(KEPT).isBefore(Instant.now());
    }

    private static BsonDocument byKey(String key) {
        return new BsonDocument("_id", new BsonString(key));
    }

    private void index(Deadline deadline) {
        if (indexed) {
            return;
        }
        attempts.run(
                "index",
                deadline,
                (keys, again) -> keys.createIndex(
                        new BsonDocument("at", new BsonInt32(1)),
                        new IndexOptions().expireAfter(KEPT.toSeconds(), TimeUnit.SECONDS)));
        indexed = true;
    }
}
