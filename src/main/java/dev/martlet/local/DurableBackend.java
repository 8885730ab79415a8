package dev.martlet.local;

import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.h2.mvstore.MVStore;

/// Answers a write only after its commit. Writers that wait together share one commit.
final class DurableBackend extends H2Backend {

    private static final Set<String> WRITES = Set.of(
            "insert", "update", "delete", "findAndModify", "create", "createIndexes", "drop", "dropIndexes",
            "dropDatabase", "renameCollection", "aggregate");

    private final ReentrantLock commitLock = new ReentrantLock();
    private final MVStore store;

    DurableBackend(MVStore store) {
        super(store);
        this.store = store;
    }

    @Override
    public Document handleMessage(MongoMessage message) {
        Document reply = super.handleMessage(message);
        if (WRITES.contains(message.getDocument().keySet().iterator().next())) {
            commit();
        }
        return reply;
    }

    @Override
    public void commit() {
        commitLock.lock();
        try {
            if (store.hasUnsavedChanges()) {
                store.commit();
            }
        } finally {
            commitLock.unlock();
        }
    }
}
