package dev.martlet.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/// The file of the store, which one process at a time can open. A note beside it has the last acknowledged commit.
///
/// With the note, a start can distinguish a truncated file from one whose last writes were never acknowledged. It
/// is written after each commit and never forced. After a power failure it may be old, and then it proves less.
final class StoreFile implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(StoreFile.class.getName());
    /// The files that this process has open. The system's lock is not enough: a second open would release it.
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel note;
    private @Nullable Object fileKey;

    private StoreFile(Path path) throws IOException {
        this.path = path;
        this.note = FileChannel.open(
                path.resolveSibling("martlet.acknowledged"),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
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
            return new StoreFile(path);
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

    /// Opens, or creates, the store in the file.
    ///
    /// @throws IOException if the file is not a store, or another process has it open; the message names the cure
    MVStore openStore(OrderedFileStore file) throws IOException {
        MVStore store = openStore(path, file);
        fileKey = key();
        return store;
    }

    static MVStore openStore(Path path, OrderedFileStore file) throws IOException {
        try {
            file.open(path.toString(), false, null);
            MVStore store = new MVStore.Builder()
                    .adoptFileStore(file)
                    .autoCommitDisabled()
                    .open();
            // After how many seconds may a chunk without live data be overwritten? With the default of 45 the file
            // grew by 270 MB a second at 3000 commits a second. Every commit is forced to the disk, so only the
            // number of later commits matters, and the file counts them itself.
            store.setRetentionTime(0);
            store.setVersionsToKeep(OrderedFileStore.MOST_VERSIONS);
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

    /// Whether the opened file still has its name. Otherwise everything that is written is gone with the process.
    boolean isThere() {
        return Objects.equals(fileKey, key());
    }

    private @Nullable Object key() {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return e;
        }
    }

    /// Notes that this version of the store is about to be acknowledged.
    void acknowledge(long version) {
        try {
            ByteBuffer both =
                    ByteBuffer.allocate(2 * Long.BYTES).putLong(version).putLong(~version);
            note.write(both.flip(), 0);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "Cannot note the last commit", e);
        }
    }

    /// The version that was acknowledged last, as far as the note knows.
    long acknowledged() throws IOException {
        ByteBuffer both = ByteBuffer.allocate(2 * Long.BYTES);
        boolean whole = note.read(both, 0) == both.capacity();
        return whole && both.getLong(0) == ~both.getLong(Long.BYTES) ? both.getLong(0) : 0;
    }

    @Override
    public void close() {
        try (note) {
            OPEN.remove(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "Cannot close the note of the last commit", e);
        }
    }
}
