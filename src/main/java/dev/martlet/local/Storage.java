package dev.martlet.local;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.bson.BsonValue;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/// The collections on the disk.
///
/// A change is one commit or nothing. It has been forced to the disk when [#change] returns. If the disk refuses
/// it, all changes that are not on the disk are dropped, and reads go on with what is there. Every second a small
/// write checks whether the disk works again.
final class Storage implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Storage.class.getName());
    private static final long UPKEEP_MILLIS = 1000;

    private final StoreFile file;
    private final Generations generations;
    private final DiskState disk;
    private final Damage damage;
    private final ReentrantLock writing = new ReentrantLock();
    private final GroupCommit<Integer> commits = new GroupCommit<>(this::commit);
    private final Thread upkeep =
            Thread.ofPlatform().daemon().name("embedded-database-upkeep").unstarted(this::upkeep);
    private volatile boolean housekeeping;

    private Storage(StoreFile file) throws IOException {
        this.file = file;
        this.generations = Generations.open(file);
        this.disk = new DiskState(file);
        this.damage = new Damage(file.path());
    }

    /// Opens the database in a folder, or creates it. Logs what is missing in it.
    static Storage open(Path folder) throws IOException {
        StoreFile file = StoreFile.open(folder);
        try {
            var storage = new Storage(file);
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

    /// What was acknowledged and is missing in the file.
    List<String> missing() throws IOException {
        return generations.missing();
    }

    Path path() {
        return file.path();
    }

    /// Why nothing can be written at present, or null.
    @Nullable
    DiskTrouble trouble() {
        return disk.trouble();
    }

    /// Reads. The function may be called several times.
    ///
    /// @throws CommandFailure if the file is damaged where it was read
    <T extends @Nullable Object> T read(Function<Generation, T> reading) {
        while (true) {
            Generation generation = generations.current();
            try {
                return reading.apply(generation);
            } catch (MVStoreException e) {
                if (!generations.isGivenUp(generation)) {
                    throw damage.part(e);
                }
            }
        }
    }

    /// Makes changes and returns when they are on the disk. After a crash, either all or none of them are there.
    ///
    /// A change that fails waits too: the reason, say a taken `_id`, may not be on the disk yet.
    ///
    /// @throws CommandFailure if the disk refuses them
    <T> T change(Function<Generation, T> changing) {
        Generation generation = null;
        try {
            writing.lock();
            try {
                disk.requireWritable();
                generation = generations.current();
                return changing.apply(generation);
            } finally {
                writing.unlock();
            }
        } catch (MVStoreException e) {
            throw damage.part(e);
        } catch (OutOfMemoryError e) {
            // Part of the change may have been made.
            throw generation == null ? outOfMemory(e) : givenUp(generation, outOfMemory(e));
        } finally {
            if (generation != null) {
                requireCommitted(generation);
            }
        }
    }

    private void requireCommitted(Generation generation) {
        if (commits.await() != generation.number()) {
            disk.requireWritable();
            throw new CommandFailure(96, "OperationFailed", "the write was undone together with one that failed");
        }
    }

    private int commit() {
        Generation generation = generations.current();
        Generation.Commit commit;
        try {
            writing.lock();
            try {
                generation = generations.current();
                commit = generation.commit();
            } finally {
                writing.unlock();
            }
            generation.store().sync();
        } catch (MVStoreException e) {
            throw givenUp(generation, e);
        } catch (OutOfMemoryError e) {
            throw givenUp(generation, outOfMemory(e));
        }
        disk.requireFile();
        file.acknowledge(commit.version());
        commit.tell();
        housekeeping = true;
        return generation.number();
    }

    private static MVStoreException outOfMemory(OutOfMemoryError e) {
        return DataUtils.newMVStoreException(DataUtils.ERROR_INTERNAL, "Out of memory", e);
    }

    /// Drops everything that is not on the disk, and opens the rest.
    private CommandFailure givenUp(Generation generation, MVStoreException e) {
        writing.lock();
        try {
            CommandFailure failure = disk.failed(e);
            if (generations.current() == generation) {
                generations.next();
            }
            return failure;
        } finally {
            writing.unlock();
        }
    }

    /// The exception for a document that is not as it was written. It is logged once.
    CommandFailure damaged(String namespace, BsonValue key) {
        return damage.document(namespace, key);
    }

    private void upkeep() {
        try {
            while (true) {
                Thread.sleep(UPKEEP_MILLIS);
                if (disk.trouble() != null) {
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
            generations.current().keepHouse();
        } catch (MVStoreException e) {
            if (e.getErrorCode() == DataUtils.ERROR_FILE_CORRUPT) {
                damage.part(e);
                generations.next();
            } else {
                givenUp(generations.current(), e);
            }
        } finally {
            writing.unlock();
        }
    }

    /// Writes something. If that works, everybody may write again.
    private void probe() {
        writing.lock();
        try {
            disk.requireFile();
            if (isClosed() || generations.current().store().isReadOnly()) {
                generations.next();
            }
            Generation generation = generations.current();
            generation.requireRoom();
            generation.touch();
            generation.commit();
            generation.force();
            disk.recovered();
        } catch (CommandFailure e) {
            LOG.log(Level.DEBUG, "Still not there");
        } catch (MVStoreException e) {
            disk.failed(e);
            if (isClosed()) {
                generations.next();
            }
        } finally {
            writing.unlock();
        }
    }

    private boolean isClosed() {
        return generations.current().store().isClosed();
    }

    @Override
    public void close() {
        upkeep.interrupt();
        writing.lock();
        try {
            generations.close();
        } finally {
            writing.unlock();
            file.close();
        }
    }
}
