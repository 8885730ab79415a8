package dev.martlet.local;

import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.DuplicateKeyError;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/// The index on the key: the collection's own map, so nothing is stored twice and nothing can disagree after a crash.
final class IdIndex extends Index<Object> {

    private final String field;
    private final MVMap<Object, byte[]> documents;

    IdIndex(String field, MVMap<Object, byte[]> documents) {
        super("_id_", List.of(new IndexKey(field, true)), false);
        this.field = field;
        this.documents = documents;
    }

    private Object key(Document document) {
        return Missing.ofNullable(document.get(field));
    }

    @Override
    public @Nullable Object getPosition(Document document) {
        Object key = key(document);
        return documents.containsKey(key) ? key : null;
    }

    @Override
    public void checkAdd(Document document, MongoCollection<Object> collection) {
        if (documents.containsKey(key(document))) {
            throw new DuplicateKeyError(this, collection, getKeys(), new KeyValue(key(document)));
        }
    }

    @Override
    public void add(Document document, Object position, MongoCollection<Object> collection) {}

    @Override
    public @Nullable Object remove(Document document) {
        return getPosition(document);
    }

    @Override
    public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {}

    @Override
    public void updateInPlace(Document before, Document after, Object position, MongoCollection<Object> collection) {}

    @Override
    public boolean canHandle(Document query) {
        return false; // the collection looks up keys itself
    }

    @Override
    public Iterable<Object> getPositions(Document query) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isUnique() {
        return true;
    }

    @Override
    public long getCount() {
        return documents.sizeAsLong();
    }

    @Override
    public long getDataSize() {
        return 0;
    }

    @Override
    public void drop() {}
}
