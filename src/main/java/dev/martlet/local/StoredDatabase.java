package dev.martlet.local;

import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractSynchronizedMongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.oplog.NoopOplog;
import de.bwaldvogel.mongo.oplog.Oplog;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

/// A database in the store: one map for each collection.
final class StoredDatabase extends AbstractSynchronizedMongoDatabase<Object> {

    static final String MAP_PREFIX = "documents.";

    private static final int FIRST_BATCH = 101; // MongoDB's default

    private final MVStore store;
    private final OpenCursors cursors;

    StoredDatabase(String name, MVStore store, OpenCursors cursors, CursorRegistry registry) {
        super(name, registry);
        this.store = store;
        this.cursors = cursors;
        initializeNamespacesAndIndexes();
    }

    @Override
    public Document handleCommand(
            @Nullable Channel channel, String command, Document query, DatabaseResolver databases, Oplog oplog) {
        return switch (command) {
            case "find" -> find(query);
            case "insert" -> insert(query);
            case "delete" -> delete(query);
            default -> super.handleCommand(channel, command, query, databases, oplog);
        };
    }

    private Document find(Document command) {
        String name = Arguments.required(command, "find", String.class);
        String namespace = getFullCollectionNamespace(name);
        StoredCollection collection = (StoredCollection) resolveCollection(name, false);
        if (collection == null) {
            return batch(namespace, "firstBatch", List.of(), 0);
        }
        OpenCursor cursor = collection.find(
                Objects.requireNonNullElseGet(Arguments.document(command, "filter"), Document::new),
                Arguments.document(command, "sort"),
                Arguments.number(command, "skip", 0),
                Math.abs(Arguments.number(command, "limit", 0)),
                Arguments.document(command, "projection"));
        List<Document> first = cursor.next(Arguments.number(command, "batchSize", FIRST_BATCH));
        boolean done = cursor.isExhausted() || Utils.isTrue(command.get("singleBatch"));
        return batch(namespace, "firstBatch", first, done ? 0 : cursors.add(cursor));
    }

    /// An answer to `find` or `getMore`; a cursor of 0 means that there is no more.
    static Document batch(String namespace, String field, List<Document> documents, long cursor) {
        Document result = new Document(
                "cursor", new Document("id", cursor).append("ns", namespace).append(field, documents));
        Utils.markOkay(result);
        return result;
    }

    private Document insert(Document command) {
        String name = writable(command, "insert");
        List<Document> documents = Arguments.list(command, "documents", Document.class);
        boolean ordered = Utils.isTrue(command.getOrDefault("ordered", true));
        List<Document> errors = resolveOrCreateCollection(name).insertDocuments(documents, ordered);
        int inserted = errors.isEmpty() || !ordered
                ? documents.size() - errors.size()
                : Arguments.number(errors.getFirst(), "index", 0);
        return written(inserted, errors);
    }

    private Document delete(Document command) {
        MongoCollection<Object> collection = resolveCollection(writable(command, "delete"), false);
        int deleted = 0;
        List<Document> errors = new ArrayList<>();
        List<Document> deletes = collection == null ? List.of() : Arguments.list(command, "deletes", Document.class);
        for (int i = 0; i < deletes.size(); i++) {
            try {
                Document each = deletes.get(i);
                deleted += collection.deleteDocuments(
                        Arguments.required(each, "q", Document.class),
                        Arguments.number(each, "limit", 0),
                        NoopOplog.get());
            } catch (MongoServerError e) {
                errors.add(new Document("index", i)
                        .append("code", e.getCode())
                        .append("errmsg", e.getMessageWithoutErrorCode()));
            }
        }
        return written(deleted, errors);
    }

    private String writable(Document command, String verb) {
        String name = Arguments.required(command, verb, String.class);
        if (name.startsWith("system.")) {
            throw new MongoServerError(
                    73, "InvalidNamespace", "cannot " + verb + " in " + getFullCollectionNamespace(name));
        }
        return name;
    }

    private static Document written(int count, List<Document> errors) {
        Document result = new Document("n", count);
        if (!errors.isEmpty()) {
            result.put("writeErrors", errors);
        }
        Utils.markOkay(result);
        return result;
    }

    /// The last result belongs to `getLastError`, which no driver sends any more.
    @Override
    protected void clearLastStatus(@Nullable Channel channel) {}

    @Override
    protected void putLastResult(@Nullable Channel channel, Document result) {}

    @Override
    protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
        return new StoredCollection(this, name, options, documents(getFullCollectionNamespace(name)), cursorRegistry);
    }

    private MVMap<Object, byte[]> documents(String namespace) {
        return store.openMap(
                MAP_PREFIX + namespace,
                new MVMap.Builder<Object, byte[]>()
                        .keyType(BsonBytes.Key.INSTANCE)
                        .valueType(ByteArrayDataType.INSTANCE));
    }

    @Override
    protected Index<Object> openOrCreateUniqueIndex(
            String collection, String name, List<IndexKey> keys, boolean sparse) {
        boolean isKey = keys.size() == 1 && keys.getFirst().getKey().equals("_id");
        return isKey
                ? new IdIndex("_id", documents(getFullCollectionNamespace(collection)))
                : new UniqueIndex(name, keys, sparse);
    }

    @Override
    public void dropCollection(String name, Oplog oplog) {
        super.dropCollection(name, oplog);
        store.removeMap(documents(getFullCollectionNamespace(name)));
    }

    @Override
    public void moveCollection(MongoDatabase from, MongoCollection<?> collection, String name) {
        MVMap<Object, byte[]> documents = documents(collection.getFullName());
        super.moveCollection(from, collection, name);
        store.renameMap(documents, MAP_PREFIX + getFullCollectionNamespace(name));
    }

    @Override
    protected long getStorageSize() {
        return store.getFileStore().size();
    }

    @Override
    protected long getFileSize() {
        return getStorageSize();
    }
}
