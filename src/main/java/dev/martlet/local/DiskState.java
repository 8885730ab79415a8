package dev.martlet.local;

import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/// Whether the disk takes writes. The log gets a line each time this changes.
final class DiskState {

    private static final System.Logger LOG = System.getLogger(DiskState.class.getName());

    private final StoreFile file;
    private volatile @Nullable DiskTrouble trouble;

    DiskState(StoreFile file) {
        this.file = file;
    }

    /// Why nothing can be written at present, or null.
    @Nullable
    DiskTrouble trouble() {
        return trouble;
    }

    /// @throws CommandFailure if nothing can be written
    void requireWritable() {
        requireFile();
        DiskTrouble now = trouble;
        if (now != null) {
            throw now.failure();
        }
    }

    /// @throws CommandFailure if the opened file is gone
    void requireFile() {
        if (!file.isThere()) {
            throw failed(DiskTrouble.gone(file.path()));
        }
    }

    CommandFailure failed(RuntimeException cause) {
        return failed(DiskTrouble.of(cause, file.path()));
    }

    private CommandFailure failed(DiskTrouble now) {
        DiskTrouble before = trouble;
        trouble = now;
        if (!now.equals(before)) {
            LOG.log(Level.ERROR, "Nothing can be written: {0}", now.text());
        }
        return now.failure();
    }

    void recovered() {
        trouble = null;
        LOG.log(Level.INFO, "{0} can be written again", file.path());
    }
}
