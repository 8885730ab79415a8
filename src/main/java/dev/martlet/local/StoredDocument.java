package dev.martlet.local;

import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A document that has been read, and not been checked yet.
final class StoredDocument {

    private final Storage storage;
    private final String namespace;
    private final BsonValue key;
    private final byte[] sealed;

    StoredDocument(Storage storage, String namespace, BsonValue key, byte[] sealed) {
        this.storage = storage;
        this.namespace = namespace;
        this.key = key;
        this.sealed = sealed;
    }

    static @Nullable StoredDocument find(Storage storage, String namespace, BsonValue key) {
        return storage.read(generation -> find(storage, generation, namespace, key));
    }

    static @Nullable StoredDocument find(Storage storage, Generation generation, String namespace, BsonValue key) {
        var documents = generation.collection(namespace);
        byte @Nullable [] sealed = documents == null ? null : documents.get(key);
        return sealed == null ? null : new StoredDocument(storage, namespace, key, sealed);
    }

    String namespace() {
        return namespace;
    }

    BsonValue key() {
        return key;
    }

    int size() {
        return sealed.length;
    }

    /// Whether it is the document that was written under this key.
    boolean isWhole() {
        if (!Seal.isWhole(sealed)) {
            return false;
        }
        BsonValue id = Seal.document(sealed).get("_id");
        return id != null && ValueOrder.ASCENDING.compare(id, key) == 0;
    }

    /// @throws CommandFailure if it is not the document that was written under this key
    RawBsonDocument document() {
        if (isWhole()) {
            return Seal.document(sealed);
        }
        throw storage.damaged(namespace, key);
    }
}
