package dev.martlet.local;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractMongoCollection;
import de.bwaldvogel.mongo.backend.ArrayFilters;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DefaultQueryMatcher;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.QueryMatcher;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import de.bwaldvogel.mongo.exception.ImmutableFieldException;
import de.bwaldvogel.mongo.oplog.Oplog;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Spliterators;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/// A collection in a map of the store, from `_id` to BSON bytes.
///
/// Writers take turns; readers never wait, and get documents of their own. What the query engine does is inherited,
/// except for reading, which streams here, and for replacing, where it keeps the order of the old document's fields.
final class StoredCollection extends AbstractMongoCollection<Object> {

    private final MVMap<Object, byte[]> documents;
    private final QueryMatcher matcher = new DefaultQueryMatcher();

    StoredCollection(
            MongoDatabase database,
            String name,
            CollectionOptions options,
            MVMap<Object, byte[]> documents,
            CursorRegistry cursors) {
        super(database, name, options, cursors);
        this.documents = documents;
        if (options.getIdField() != null) {
            super.addIndex(new IdIndex(options.getIdField(), documents));
        }
    }

    /// @param sort by which fields, 1 or -1 each; null is the order of the keys
    OpenCursor find(Document query, @Nullable Document sort, int skip, int limit, @Nullable Document projection) {
        Filter filter = new Filter(query, getIdField());
        Iterator<Scan.Stored> source =
                sort == null || sort.isEmpty() || isKey(sort.keySet().iterator().next())
                        ? new Scan(documents, filter.keys(), isDescending(sort))
                        : sorted(filter, sort, limit == 0 ? 0 : skip + limit);
        return new OpenCursor(
                source,
                document -> filter.matches(document, matcher),
                skip,
                limit,
                batch -> project(batch, projection));
    }

    private boolean isKey(String field) {
        return field.equals(getIdField()) || field.equals("$natural");
    }

    private static boolean isDescending(@Nullable Document sort) {
        return sort != null
                && !sort.isEmpty()
                && ((Number) sort.values().iterator().next()).intValue() < 0;
    }

    private Iterator<Scan.Stored> sorted(Filter filter, Document sort, int keep) {
        SortedKeys sorted = new SortedKeys(sort, keep);
        new Scan(documents, filter.keys(), false).forEachRemaining(stored -> {
            Document document = stored.document();
            if (filter.matches(document, matcher)) {
                sorted.add(stored.key(), document);
            }
        });
        return sorted.keys().stream()
                .flatMap(key -> Stream.ofNullable(documents.get(key)).map(bytes -> new Scan.Stored(key, bytes)))
                .iterator();
    }

    private List<Document> project(List<Document> batch, @Nullable Document projection) {
        return projection == null || projection.isEmpty()
                ? batch
                : matchDocumentsFromStream(new Document(), batch.stream(), 0, 0, 0, null, projection)
                        .collectDocuments();
    }

    @Override
    protected QueryResult queryDocuments(
            Document query,
            @Nullable Document sort,
            int skip,
            int limit,
            int batchSize,
            @Nullable Document projection) {
        return new QueryResult(() -> {
            OpenCursor cursor = find(query, sort, skip, limit, projection);
            return Stream.generate(() -> cursor.next(1))
                    .takeWhile(batch -> !batch.isEmpty())
                    .flatMap(List::stream)
                    .iterator();
        });
    }

    @Override
    protected QueryResult matchDocuments(
            Document query,
            @Nullable Document sort,
            int skip,
            int limit,
            int batchSize,
            @Nullable Document projection) {
        return queryDocuments(query, sort, skip, limit, batchSize, projection);
    }

    @Override
    protected boolean documentMatchesQuery(Document document, Document query) {
        return matcher.matches(document, query);
    }

    @Override
    protected Stream<DocumentWithPosition<Object>> streamAllDocumentsWithPosition() {
        Iterator<Scan.Stored> all = new Scan(documents, KeyRange.ALL, false);
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(all, 0), false)
                .map(stored -> new DocumentWithPosition<>(stored.document(), stored.key()));
    }

    @Override
    protected @Nullable Document getDocument(Object key) {
        byte[] bytes = documents.get(key);
        return bytes == null ? null : BsonBytes.decode(bytes);
    }

    @Override
    public int count() {
        return documents.size();
    }

    @Override
    protected boolean tracksDataSize() {
        return false;
    }

    @Override
    protected void updateDataSize(int delta) {
        throw new UnsupportedOperationException("the size is counted when somebody asks");
    }

    @Override
    protected int getDataSize() {
        long size = documents.values().stream().mapToLong(bytes -> bytes.length).sum();
        return (int) Math.min(size, Integer.MAX_VALUE);
    }

    @Override
    protected Object addDocumentInternal(Document document) {
        Object key = getIdField() == null ? UUID.randomUUID() : Missing.ofNullable(document.get(getIdField()));
        if (documents.putIfAbsent(key, BsonBytes.encode(document)) != null) {
            throw new IllegalStateException("two documents with the key " + key);
        }
        return key;
    }

    @Override
    protected void handleUpdate(Object key, Document before, Document after) {
        documents.put(key, BsonBytes.encode(after));
    }

    @Override
    protected void removeDocument(Object key) {
        documents.remove(key);
    }

    @Override
    public synchronized void addIndex(Index<Object> index) {
        super.addIndex(index);
    }

    @Override
    public synchronized void drop() {
        getIndexes().clear();
        super.drop();
    }

    @Override
    public synchronized void dropIndex(String name) {
        super.dropIndex(name);
    }

    @Override
    public synchronized void addDocument(Document document) {
        super.addDocument(document);
    }

    @Override
    public synchronized void removeDocument(Document document) {
        super.removeDocument(document);
    }

    @Override
    public synchronized List<Document> insertDocuments(List<Document> inserted, boolean ordered) {
        return super.insertDocuments(inserted, ordered);
    }

    @Override
    public synchronized int deleteDocuments(Document query, int limit, Oplog oplog) {
        int deleted = 0;
        for (Document document : queryDocuments(query, null, 0, Math.max(0, limit), 0, null)) {
            removeDocument(document);
            deleted++;
        }
        return deleted;
    }

    @Override
    public synchronized Document updateDocuments(
            Document query, Document update, ArrayFilters arrayFilters, boolean multi, boolean upsert, Oplog oplog) {
        if (multi || !isReplacement(update)) {
            return super.updateDocuments(query, update, arrayFilters, multi, upsert, oplog);
        }
        Replaced replaced = replace(query, null, update, upsert);
        boolean modified = replaced.before != null && !replaced.before.equals(replaced.after);
        Document result = new Document("n", replaced.before == null ? 0 : 1).append("nModified", modified ? 1 : 0);
        if (replaced.before == null && replaced.after != null) {
            result.put("upserted", replaced.after.get("_id"));
        }
        return result;
    }

    @Override
    public synchronized Document findAndModify(Document command) {
        if (!(command.get("update") instanceof Document update) || !isReplacement(update)) {
            return super.findAndModify(command);
        }
        Document query = Objects.requireNonNullElseGet(Arguments.document(command, "query"), Document::new);
        Replaced replaced =
                replace(query, Arguments.document(command, "sort"), update, Utils.isTrue(command.get("upsert")));
        Document value = Utils.isTrue(command.get("new")) ? replaced.after : replaced.before;
        Document last =
                new Document("n", replaced.after == null ? 0 : 1).append("updatedExisting", replaced.before != null);
        if (replaced.before == null && replaced.after != null) {
            last.put("upserted", replaced.after.get("_id"));
        }
        Document result = new Document("lastErrorObject", last);
        result.put(
                "value",
                value == null
                        ? null
                        : project(List.of(value), Arguments.document(command, "fields"))
                                .getFirst());
        Utils.markOkay(result);
        return result;
    }

    private static boolean isReplacement(Document update) {
        return update.keySet().stream().noneMatch(key -> key.startsWith("$"));
    }

    private record Replaced(
            @Nullable Document before, @Nullable Document after) {}

    private Replaced replace(Document query, @Nullable Document sort, Document replacement, boolean upsert) {
        List<Document> found = find(query, sort, 0, 1, null).next(1);
        if (!found.isEmpty()) {
            Document before = found.getFirst();
            Document after = withId(before.get("_id"), replacement);
            put(before, after);
            return new Replaced(before, after);
        }
        if (!upsert) {
            return new Replaced(null, null);
        }
        KeyRange keys = new Filter(query, getIdField()).keys();
        Object id =
                replacement.containsKey("_id") ? replacement.get("_id") : keys.isPoint() ? keys.from() : new ObjectId();
        Document after = withId(id, replacement);
        addDocument(after);
        return new Replaced(null, after);
    }

    /// The `_id` comes first, and keeps its type when the replacement has an equal one of another.
    private static Document withId(@Nullable Object id, Document replacement) {
        if (replacement.containsKey("_id") && BsonOrder.ASCENDING.compare(id, replacement.get("_id")) != 0) {
            throw new ImmutableFieldException(
                    "After applying the update, the (immutable) field '_id' was found to have been altered to _id: "
                            + replacement.get("_id"));
        }
        Document document = new Document("_id", id);
        for (Map.Entry<String, Object> field : replacement.entrySet()) {
            document.putIfAbsent(field.getKey(), field.getValue());
        }
        return document;
    }

    private void put(Document before, Document after) {
        if (after.equals(before)) {
            return;
        }
        Object key = Missing.ofNullable(before.get("_id"));
        byte[] bytes = BsonBytes.encode(after);
        getIndexes().forEach(index -> index.checkUpdate(before, after, this));
        getIndexes().forEach(index -> index.updateInPlace(before, after, key, this));
        documents.put(key, bytes);
    }
}
