package dev.martlet.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/// The file of the store, opened by one process at a time.
final class StoreFile implements AutoCloseable {

    /// What this process has open. The system's lock alone would not do: a second open would release it.
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final MVStore store;

    private StoreFile(Path path, MVStore store) {
        this.path = path;
        this.store = store;
    }

    static StoreFile open(Path folder) throws IOException {
        Path path = writableFolder(folder).resolve("martlet.db");
        if (Files.exists(path) && !(Files.isRegularFile(path) && Files.isWritable(path))) {
            throw new IOException(path + " cannot be written: make it writable, or set DATA_DIR to another folder");
        }
        if (!OPEN.add(path)) {
            throw inUse(path, null);
        }
        try {
            return new StoreFile(path, openStore(path, new OrderedFileStore()));
        } catch (IOException | RuntimeException e) {
            OPEN.remove(path);
            throw e;
        }
    }

    private static Path writableFolder(Path folder) throws IOException {
        try {
            Path real = Files.createDirectories(folder).toRealPath();
            if (Files.isWritable(real)) {
                return real;
            }
        } catch (IOException e) {
            throw new IOException(
                    "cannot create the folder " + folder.toAbsolutePath()
                            + " for the embedded database: set DATA_DIR to a folder that can be written",
                    e);
        }
        throw new IOException("cannot write to the folder " + folder.toAbsolutePath()
                + " of the embedded database: make it writable, or set DATA_DIR to another folder");
    }

    static MVStore openStore(Path path, OrderedFileStore file) throws IOException {
        try {
            file.open(path.toString(), false, null);
            MVStore store = new MVStore.Builder().adoptFileStore(file).open();
            // After how many seconds and commits may a chunk without live data be overwritten? With the 45 s that are
            // the default the file grew by 270 MB a second under 3000 commits a second. Every commit is forced to the
            // disk, so time does not matter; but the recovery finds the last commit by a chain of chunks that starts
            // up to 21 commits back, and with the 5 commits that are the default one of 200 kills broke that chain.
            store.setRetentionTime(0);
            store.setVersionsToKeep(50);
            return store;
        } catch (MVStoreException e) {
            if (e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
                throw inUse(path, e);
            }
            throw new IOException(
                    path + " is no database, or is damaged: move it away, or set DATA_DIR to another folder", e);
        }
    }

    private static IOException inUse(Path path, @Nullable Throwable cause) {
        return new IOException(
                "the database in " + path.getParent()
                        + " is in use by another process: stop that one, or set DATA_DIR to another folder",
                cause);
    }

    Path path() {
        return path;
    }

    MVStore store() {
        return store;
    }

    @Override
    public void close() {
        try {
            store.close();
        } finally {
            OPEN.remove(path);
        }
    }
}
