package dev.martlet.local;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonValue;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

/// The store as it was opened once, with its collections. When the disk fails, the store is given up together with
/// everything that was not on the disk, and opened again: that is the next generation.
final class Generation {

    private static final String CATALOG = "catalog";
    private static final String COLLECTION = "collection.";

    private final int number;
    private final MVStore store;
    private final OrderedFileStore file;
    private final Catalog catalog;
    private final Map<String, MVMap<BsonValue, byte[]>> collections = new ConcurrentHashMap<>();
    private final Set<String> changed = new HashSet<>();

    Generation(int number, MVStore store, OrderedFileStore file) {
        this.number = number;
        this.store = store;
        this.file = file;
        this.catalog = new Catalog(map(CATALOG));
        for (String name : store.getMapNames()) {
            if (name.startsWith(COLLECTION)) {
                collections.put(name.substring(COLLECTION.length()), map(name));
            }
        }
    }

    private MVMap<BsonValue, byte[]> map(String name) {
        return store.openMap(
                name,
                new MVMap.Builder<BsonValue, byte[]>().keyType(KeyType.INSTANCE).valueType(ByteArrayDataType.INSTANCE));
    }

    /// Whether the store has what every store of this program has.
    static boolean knows(MVStore store) {
        return store.hasMap(CATALOG);
    }

    int number() {
        return number;
    }

    MVStore store() {
        return store;
    }

    Catalog catalog() {
        return catalog;
    }

    /// The documents of a collection by their `_id`, or null when there is no such collection.
    @Nullable
    MVMap<BsonValue, byte[]> collection(String namespace) {
        return collections.get(namespace);
    }

    /// As [#collection], for writing.
    MVMap<BsonValue, byte[]> changing(String namespace) {
        changed.add(namespace);
        return collections.computeIfAbsent(namespace, name -> map(COLLECTION + name));
    }

    void drop(String namespace) {
        MVMap<BsonValue, byte[]> documents = collections.remove(namespace);
        if (documents != null) {
            store.removeMap(documents);
        }
        changed.remove(namespace);
        catalog.remove(namespace);
    }

    /// Writes all that was changed, as one commit.
    ///
    /// @return the version that is then the store's
    long commit() {
        for (String namespace : Set.copyOf(changed)) {
            catalog.count(namespace, changing(namespace).sizeAsLong());
        }
        changed.clear();
        store.commit();
        return store.getCurrentVersion();
    }

    /// Makes a change that means nothing, for a commit to write.
    void touch() {
        store.setStoreVersion(store.getStoreVersion() + 1);
    }

    /// @throws org.h2.mvstore.MVStoreException if the disk does not take a few large writes
    void requireRoom() {
        file.requireRoom();
    }

    void keepHouse() throws InterruptedException {
        file.keepHouse(store);
    }

    /// What the file should hold and does not.
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        Set<String> namespaces = new HashSet<>(catalog.namespaces());
        for (String namespace : namespaces) {
            MVMap<BsonValue, byte[]> documents = collections.get(namespace);
            long count = documents == null ? 0 : documents.sizeAsLong();
            long expected = catalog.count(namespace);
            if (count != expected) {
                missing.add(namespace + " has " + count + " of " + expected + " documents");
            }
        }
        for (String namespace : collections.keySet()) {
            if (!namespaces.contains(namespace)) {
                missing.add("nothing says how many documents " + namespace + " had");
            }
        }
        return missing;
    }
}
