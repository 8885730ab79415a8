package dev.martlet.local;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/// The collections on the disk.
///
/// A change is one commit or nothing, and has been forced to the disk when [#change] returns. When the disk does
/// not take it, all that is not there is forgotten, reads go on with what is, and every second something small is
/// written to see whether it works again.
final class Storage implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Storage.class.getName());
    private static final long UPKEEP_MILLIS = 1000;
    private static final int REOPENING_MILLIS = 2000;
    private static final int MOST_REPORTS = 1000;

    private final StoreFile file;
    private final ReentrantLock writing = new ReentrantLock();
    private final GroupCommit<Integer> commits = new GroupCommit<>(this::commit);
    private final Set<String> reported = ConcurrentHashMap.newKeySet();
    private final Thread upkeep =
            Thread.ofPlatform().daemon().name("embedded-database-upkeep").unstarted(this::upkeep);
    private volatile Generation current;
    private volatile @Nullable DiskTrouble trouble;
    private volatile boolean housekeeping;

    private Storage(StoreFile file, Generation first) {
        this.file = file;
        this.current = first;
    }

    /// Opens the database in a folder, or creates it, and says in the log what it lacks.
    static Storage open(Path folder) throws IOException {
        StoreFile file = StoreFile.open(folder);
        try {
            var storage = new Storage(file, generation(file, 1));
            for (String missing : storage.missing()) {
                LOG.log(
                        Level.ERROR,
                        "{0} was cut off or is damaged: {1}. Restore a copy, or write it again",
                        file.path(),
                        missing);
            }
            storage.upkeep.start();
            return storage;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static Generation generation(StoreFile file, int number) throws IOException {
        var fileStore = new OrderedFileStore();
        MVStore store = file.openStore(fileStore);
        try {
            boolean isNew = store.getCurrentVersion() == 0;
            if (!isNew && !Generation.knows(store)) {
                throw new IOException(file.path()
                        + " is damaged, or was written by another version of Martlet: move it away, or set DATA_DIR"
                        + " to another folder");
            }
            var generation = new Generation(number, store, fileStore);
            if (isNew) {
                generation.commit();
                store.sync();
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

    /// What was acknowledged and is not in the file.
    List<String> missing() throws IOException {
        List<String> missing = new ArrayList<>();
        long version = current.store().getCurrentVersion();
        long acknowledged = file.acknowledged();
        if (version < acknowledged) {
            missing.add("it ends at commit " + version + ", but " + acknowledged
                    + " was acknowledged: what was written between is missing");
        }
        try {
            missing.addAll(current.missing());
        } catch (MVStoreException | CommandFailure e) {
            missing.add("nobody can say what is missing (" + e.getMessage() + ")");
        }
        return missing;
    }

    Path path() {
        return file.path();
    }

    /// Why nothing can be written at present, or null.
    @Nullable
    DiskTrouble trouble() {
        return trouble;
    }

    /// Reads; the function may be called again.
    ///
    /// @throws CommandFailure when the file is damaged where it was read
    <T extends @Nullable Object> T read(Function<Generation, T> reading) {
        while (true) {
            Generation generation = current;
            try {
                return reading.apply(generation);
            } catch (MVStoreException e) {
                if (!isGivenUp(generation)) {
                    throw damaged(e);
                }
            }
        }
    }

    /// Whether this generation ends and there is, or soon will be, another.
    private boolean isGivenUp(Generation generation) {
        for (int i = 0; generation == current && generation.store().isClosed() && i < REOPENING_MILLIS; i++) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return generation != current;
    }

    /// Makes changes, of which either all or none will be found after a crash, and returns when they are on the
    /// disk.
    ///
    /// Also a change that fails waits: what it failed on, say an `_id` that exists, may not be on the disk yet.
    ///
    /// @throws CommandFailure when the disk does not take them
    <T> T change(Function<Generation, T> changing) {
        Generation generation = null;
        try {
            writing.lock();
            try {
                requireWritable();
                generation = current;
                return changing.apply(generation);
            } finally {
                writing.unlock();
            }
        } catch (MVStoreException e) {
            throw damaged(e);
        } finally {
            if (generation != null) {
                requireCommitted(generation);
            }
        }
    }

    private void requireWritable() {
        if (!file.isThere()) {
            throw inTrouble(DiskTrouble.gone(file.path()));
        }
        DiskTrouble now = trouble;
        if (now != null) {
            throw now.failure();
        }
    }

    private void requireCommitted(Generation generation) {
        if (commits.await() != generation.number()) {
            requireWritable();
            throw new CommandFailure(96, "OperationFailed", "the write was undone together with one that failed");
        }
    }

    private int commit() {
        Generation generation = current;
        long version;
        try {
            writing.lock();
            try {
                generation = current;
                version = generation.commit();
            } finally {
                writing.unlock();
            }
            generation.store().sync();
        } catch (MVStoreException e) {
            throw givenUp(generation, e);
        }
        if (!file.isThere()) {
            throw inTrouble(DiskTrouble.gone(file.path()));
        }
        file.acknowledge(version);
        housekeeping = true;
        return generation.number();
    }

    /// Forgets what is not on the disk, and opens what is.
    private CommandFailure givenUp(Generation generation, MVStoreException e) {
        writing.lock();
        try {
            CommandFailure failure = inTrouble(DiskTrouble.of(e, file.path()));
            if (current == generation) {
                reopen();
            }
            return failure;
        } finally {
            writing.unlock();
        }
    }

    private void reopen() {
        current.store().closeImmediately();
        try {
            current = generation(file, current.number() + 1);
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Cannot open {0} again: {1}", file.path(), e.getMessage());
        }
    }

    private CommandFailure inTrouble(DiskTrouble now) {
        DiskTrouble before = trouble;
        trouble = now;
        if (!now.equals(before)) {
            LOG.log(Level.ERROR, "Nothing can be written: {0}", now.text());
        }
        return now.failure();
    }

    private CommandFailure damaged(MVStoreException e) {
        return damaged("a part of", DiskTrouble.of(e, file.path()).text());
    }

    /// What to throw, and to log once, for a document that is not as it was written.
    CommandFailure damaged(String namespace, BsonValue key) {
        String id = new BsonDocument("_id", key).toJson();
        return damaged("document " + id + " of " + namespace, "replace or delete it, or restore a copy of the file");
    }

    private CommandFailure damaged(String what, String cure) {
        String text = what + " in " + file.path() + " is damaged: " + cure;
        if (reported.size() < MOST_REPORTS && reported.add(text)) {
            LOG.log(Level.ERROR, "{0}", text);
        }
        return new CommandFailure(361, "DataCorruptionDetected", text);
    }

    private void upkeep() {
        try {
            while (true) {
                Thread.sleep(UPKEEP_MILLIS);
                if (trouble != null) {
                    probe();
                } else if (housekeeping) {
                    housekeeping = false;
                    keepHouse();
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "Closed");
        }
    }

    private void keepHouse() throws InterruptedException {
        writing.lock();
        try {
            current.keepHouse();
        } catch (MVStoreException e) {
            if (e.getErrorCode() == DataUtils.ERROR_FILE_CORRUPT) {
                damaged(e);
                reopen();
            } else {
                givenUp(current, e);
            }
        } finally {
            writing.unlock();
        }
    }

    /// Writes something, and if that works, lets everybody write.
    private void probe() {
        writing.lock();
        try {
            if (!file.isThere()) {
                inTrouble(DiskTrouble.gone(file.path()));
                return;
            }
            if (current.store().isClosed() || current.store().isReadOnly()) {
                reopen();
            }
            current.requireRoom();
            current.touch();
            current.commit();
            current.store().sync();
            trouble = null;
            LOG.log(Level.INFO, "{0} can be written again", file.path());
        } catch (MVStoreException e) {
            inTrouble(DiskTrouble.of(e, file.path()));
            if (current.store().isClosed()) {
                reopen();
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void close() {
        upkeep.interrupt();
        writing.lock();
        try {
            current.store().close();
        } catch (MVStoreException e) {
            current.store().closeImmediately();
            LOG.log(Level.ERROR, "Cannot write {0} at the end: {1}", file.path(), e.getMessage());
        } finally {
            writing.unlock();
            file.close();
        }
    }
}
