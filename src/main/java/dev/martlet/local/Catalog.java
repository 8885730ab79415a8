package dev.martlet.local;

import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/// Which collections there are, how many documents each has, and its indexes.
///
/// The count is part of each commit: when the file is opened it tells what is missing.
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

    void count(String namespace, long count) {
        if (!entries.containsKey(new BsonString(namespace)) || count(namespace) != count) {
            put(namespace, count, indexes(namespace));
        }
    }

    /// The indexes other than on `_id`.
    List<BsonDocument> indexes(String namespace) {
        return entry(namespace).getArray("indexes", new BsonArray()).stream()
                .map(BsonValue::asDocument)
                .toList();
    }

    void indexes(String namespace, List<BsonDocument> indexes) {
        put(namespace, count(namespace), indexes);
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

    private void put(String namespace, long count, List<BsonDocument> indexes) {
        RawBsonDocument entry = Documents.raw(
                new BsonDocument("count", new BsonInt64(count)).append("indexes", new BsonArray(indexes)));
        entries.put(new BsonString(namespace), Seal.seal(entry));
    }
}
