package dev.martlet.local;

import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/// The collections: the number of documents of each, its indexes, and how far its change log reaches.
///
/// The count is part of each commit. When the file is opened, it shows what is missing.
final class Catalog {

    private final MVMap<BsonValue, byte[]> entries;

    Catalog(MVMap<BsonValue, byte[]> entries) {
        this.entries = entries;
    }

    List<String> namespaces() {
        List<String> namespaces = new ArrayList<>();
        entries.keyIterator(null)
                .forEachRemaining(key -> namespaces.add(key.asString().getValue()));
        return namespaces;
    }

    long count(String namespace) {
        return entry(namespace).getInt64("count", new BsonInt64(0)).getValue();
    }

    /// What its change log says of itself, or null if it has none.
    @Nullable
    BsonDocument changes(String namespace) {
        return entry(namespace).get("changes") instanceof BsonDocument changes ? changes : null;
    }

    /// @param changes what its change log says of itself, if it has one
    void note(String namespace, long count, @Nullable BsonDocument changes) {
        BsonDocument before = entry(namespace);
        BsonDocument entry = before.clone().append("count", new BsonInt64(count));
        entry.remove("changes");
        if (changes != null) {
            entry.append("changes", changes);
        }
        if (!entry.equals(before)) {
            put(namespace, entry);
        }
    }

    /// The indexes other than on `_id`.
    List<BsonDocument> indexes(String namespace) {
        return entry(namespace).getArray("indexes", new BsonArray()).stream()
                .map(BsonValue::asDocument)
                .toList();
    }

    void indexes(String namespace, List<BsonDocument> indexes) {
        put(namespace, entry(namespace).append("indexes", new BsonArray(indexes)));
    }

    void remove(String namespace) {
        entries.remove(new BsonString(namespace));
    }

    private BsonDocument entry(String namespace) {
        byte @Nullable [] sealed = entries.get(new BsonString(namespace));
        if (sealed == null) {
            return new BsonDocument();
        }
        if (!Seal.isWhole(sealed)) {
            throw new CommandFailure(96, "OperationFailed", "the file is damaged where it describes " + namespace);
        }
        return Documents.decoded(Seal.document(sealed)).asDocument();
    }

    private void put(String namespace, BsonDocument entry) {
        entries.put(new BsonString(namespace), Seal.seal(Documents.raw(entry), Seal.NO_CHANGE));
    }
}
