package dev.martlet.api;

import java.util.List;
import org.bson.RawBsonDocument;

/// The standing of one `POST`: its documents under the ids that they get, and whether an earlier copy of it has been
/// answered.
///
/// @param key       its `Idempotency-Key`, or empty
/// @param documents in the order of the request
/// @param done      whether they are known to be stored
record Submission(String key, List<RawBsonDocument> documents, boolean done) {

    boolean keyed() {
        return !key.isEmpty();
    }
}
