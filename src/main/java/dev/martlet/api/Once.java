package dev.martlet.api;

import dev.martlet.store.Deadline;
import dev.martlet.store.DocumentStore;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// The standing of one `POST`: the ids that its documents get, and whether an earlier copy of it has been answered.
///
/// @param key  its `Idempotency-Key`, or empty
/// @param base the id of its first document
/// @param done whether its documents are known to be stored
record Once(String key, ObjectId base, boolean done) {

    boolean keyed() {
        return !key.isEmpty();
    }

    ObjectId id() {
        return base;
    }

    IdSequence ids() {
        return new IdSequence(base);
    }

    /// Whether the document that has this one's `_id` is this one, stored by another copy of the same request.
    boolean storedBefore(DocumentStore store, RawBsonDocument document, Deadline deadline) {
        return keyed()
                && store.find(DocumentStore.id(document), deadline)
                        .filter(document::equals)
                        .isPresent();
    }
}
