package dev.martlet.local;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

/// The opened store, with its collections. When the disk fails, the store is dropped, with everything that was not
/// on the disk. The store that is opened next is the next generation.
final class Generation {

    private static final System.Logger LOG = System.getLogger(Generation.class.getName());
    private static final String CATALOG = "catalog";
    private static final String COLLECTION = "collection.";
    private static final String CHANGES = "changes.";

    private final int number;
    private final MVStore store;
    private final OrderedFileStore file;
    private final Catalog catalog;
    private final Map<String, MVMap<BsonValue, byte[]>> collections = new ConcurrentHashMap<>();
    private final Map<String, ChangeLog> logs = new ConcurrentHashMap<>();
    private final Set<String> changed = new HashSet<>();

    private Generation(int number, MVStore store, OrderedFileStore file) {
        this.number = number;
        this.store = store;
        this.file = file;
        this.catalog = new Catalog(map(CATALOG));
        for (String name : store.getMapNames()) {
            if (name.startsWith(COLLECTION)) {
                String namespace = name.substring(COLLECTION.length());
                MVMap<BsonValue, byte[]> documents = map(name);
                collections.put(namespace, documents);
                openLog(namespace, documents);
            }
        }
    }

    /// Opens the store in the file, or creates it.
    ///
    /// @throws IOException if the file is not a store, or is damaged; the message names the cure
    static Generation open(StoreFile file, int number) throws IOException {
        var fileStore = new OrderedFileStore();
        MVStore store = file.openStore(fileStore);
        try {
            boolean isNew = store.getCurrentVersion() == 0;
            if (!isNew && !store.hasMap(CATALOG)) {
                throw new IOException(file.path() + notOurs(store));
            }
            var generation = new Generation(number, store, fileStore);
            if (isNew) {
                generation.commit();
            }
            return generation;
        } catch (MVStoreException e) {
            store.closeImmediately();
            throw new IOException(DiskTrouble.of(e, file.path()).text(), e);
        } catch (IOException | RuntimeException e) {
            store.closeImmediately();
            throw e;
        }
    }

    /// mongo-java-server, which Martlet had until November 2026, kept each collection in a map of its own name.
    private static String notOurs(MVStore store) {
        return store.getMapNames().isEmpty()
                ? " is damaged: restore a copy, or move it away, or set DATA_DIR to another folder"
                : " was written by an earlier version of Martlet, with another engine, or by another program: save its"
                        + " documents with that version (GET /data), and then move it away, or set DATA_DIR to another"
                        + " folder";
    }

    /// Damaged logs are omitted. A watcher that wants to resume must begin anew, as with a log that is too old.
    private void openLog(String namespace, MVMap<BsonValue, byte[]> documents) {
        try {
            BsonDocument state = catalog.changes(namespace);
            if (state != null) {
                logs.put(namespace, ChangeLog.open(map(CHANGES + namespace), documents, state));
            }
        } catch (MVStoreException | CommandFailure e) {
            LOG.log(
                    Level.ERROR,
                    "The log of the changes of {0} is damaged ({1}): no change stream can be resumed",
                    namespace,
                    e.getMessage());
        }
    }

    private MVMap<BsonValue, byte[]> map(String name) {
        return store.openMap(
                name,
                new MVMap.Builder<BsonValue, byte[]>().keyType(KeyType.INSTANCE).valueType(ByteArrayDataType.INSTANCE));
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

    /// The documents of a collection by their `_id`, or null if there is no such collection.
    @Nullable
    MVMap<BsonValue, byte[]> collection(String namespace) {
        return collections.get(namespace);
    }

    /// The changes of a collection, or null if nobody has ever watched it.
    @Nullable
    ChangeLog changes(String namespace) {
        return logs.get(namespace);
    }

    /// Like [#changes]. Begins a log if there is none.
    ChangeLog watched(String namespace) {
        return logs.computeIfAbsent(namespace, name -> ChangeLog.begin(map(CHANGES + name), changing(name)));
    }

    /// Makes a collection if there is none.
    MVMap<BsonValue, byte[]> changing(String namespace) {
        changed.add(namespace);
        return collections.computeIfAbsent(namespace, name -> map(COLLECTION + name));
    }

    /// Stores a document under its `_id`.
    void put(String namespace, LoggedChange.Kind kind, RawBsonDocument document) {
        BsonValue key = Documents.decoded(Keys.of(document));
        MVMap<BsonValue, byte[]> documents = changing(namespace);
        ChangeLog log = logs.get(namespace);
        documents.put(key, Seal.seal(document, log == null ? Seal.NO_CHANGE : log.add(kind, key)));
    }

    void remove(String namespace, BsonValue key) {
        MVMap<BsonValue, byte[]> documents = changing(namespace);
        ChangeLog log = logs.get(namespace);
        if (log != null) {
            log.add(LoggedChange.Kind.DELETE, key);
        }
        documents.remove(key);
    }

    void drop(String namespace) {
        MVMap<BsonValue, byte[]> documents = collections.remove(namespace);
        if (documents != null) {
            store.removeMap(documents);
        }
        ChangeLog log = logs.remove(namespace);
        if (log != null) {
            store.removeMap(CHANGES + namespace);
        }
        changed.remove(namespace);
        catalog.remove(namespace);
    }

    /// @param version of the store after it
    /// @param changes the last change of each log
    record Commit(long version, Map<ChangeLog, Long> changes) {

        /// Lets watchers see it, now that it is on the disk.
        void tell() {
            changes.forEach(ChangeLog::tell);
        }
    }

    /// Writes all changes as one commit.
    Commit commit() {
        Map<ChangeLog, Long> changes = new HashMap<>();
        for (String namespace : Set.copyOf(changed)) {
            ChangeLog log = logs.get(namespace);
            catalog.note(namespace, changing(namespace).sizeAsLong(), log == null ? null : log.state());
            if (log != null) {
                changes.put(log, log.last());
            }
        }
        changed.clear();
        store.commit();
        return new Commit(store.getCurrentVersion(), changes);
    }

    /// Forces what is written to the disk, and lets watchers see it.
    void force() {
        store.sync();
        logs.values().forEach(log -> log.tell(log.last()));
    }

    /// Makes a change without meaning, so that a commit has something to write.
    void touch() {
        store.setStoreVersion(store.getStoreVersion() + 1);
    }

    /// @throws MVStoreException if the disk does not take a few large writes
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
