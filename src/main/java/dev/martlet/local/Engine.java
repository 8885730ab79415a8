package dev.martlet.local;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractMongoBackend;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;

/// Carries out MongoDB's commands on the store. A command that may write is answered only after the group commit.
final class Engine extends AbstractMongoBackend {

    private static final Set<String> WRITES = Set.of(
            "insert",
            "update",
            "delete",
            "findAndModify",
            "aggregate",
            "create",
            "createIndexes",
            "drop",
            "dropIndexes",
            "dropDatabase",
            "renameCollection");

    private final MVStore store;
    private final GroupCommit commits;
    private final OpenCursors cursors = new OpenCursors();

    Engine(MVStore store) {
        this.store = store;
        this.commits = new GroupCommit(store);
        store.getMapNames().stream()
                .filter(map -> map.startsWith(StoredDatabase.MAP_PREFIX))
                .map(map -> Utils.firstFragment(map.substring(StoredDatabase.MAP_PREFIX.length())))
                .distinct()
                .forEach(this::resolveDatabase);
    }

    /// Even a write that failed waits: what it failed on, say an `_id` that exists, may be a write that is not on disk
    /// yet.
    Document execute(Document command) {
        if (store.isClosed()) {
            throw new MongoServerError(
                    1,
                    "InternalError",
                    "the database could not write its file and is closed: see the log, make room on the disk, and restart");
        }
        String name = command.keySet().iterator().next();
        try {
            return handleCommand(null, Arguments.required(command, "$db", String.class), name, command);
        } finally {
            if (WRITES.contains(name)) {
                commits.await();
            }
        }
    }

    @Override
    public Document handleCommand(@Nullable Channel channel, String database, String command, Document query) {
        if (command.equals("hello")) {
            return super.handleCommand(channel, database, "ismaster", query).append("isWritablePrimary", true);
        }
        return super.handleCommand(channel, database, command, query);
    }

    /// With the cursors that are open; without the other figures, which the query engine makes up.
    @Override
    public Document getServerStatus() {
        Document status = super.getServerStatus();
        status.remove("connections");
        long open = cursors.count() + (long) getCursorRegistry().size();
        status.put("metrics", new Document("cursor", new Document("open", new Document("total", open))));
        return status;
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
        return new StoredDatabase(name, store, cursors, getCursorRegistry());
    }

    @Override
    protected Document handleGetMore(String database, String command, Document query) {
        long id = Arguments.required(query, command, Long.class);
        OpenCursor cursor = cursors.get(id);
        List<Document> next = cursor.next(Arguments.number(query, "batchSize", Integer.MAX_VALUE));
        boolean done = cursor.isExhausted();
        if (done) {
            cursors.remove(id);
        }
        return StoredDatabase.batch(database + "." + query.get("collection"), "nextBatch", next, done ? 0 : id);
    }

    @Override
    protected Document handleKillCursors(Document query) {
        List<Long> killed = new ArrayList<>();
        List<Long> unknown = new ArrayList<>();
        Arguments.list(query, "cursors", Long.class).forEach(id -> (cursors.remove(id) ? killed : unknown).add(id));
        Document result = new Document("cursorsKilled", killed).append("cursorsNotFound", unknown);
        Utils.markOkay(result);
        return result;
    }
}
