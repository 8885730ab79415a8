package dev.martlet.local;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.MVStoreException;

/// The store that is open now, and the way from a failed one to the next.
final class Generations {

    private static final System.Logger LOG = System.getLogger(Generations.class.getName());
    private static final int REOPENING_MILLIS = 2000;

    private final StoreFile file;
    private volatile Generation current;

    private Generations(StoreFile file, Generation first) {
        this.file = file;
        this.current = first;
    }

    static Generations open(StoreFile file) throws IOException {
        Generation first = Generation.open(file, 1);
        try {
            first.force(); // what a crash has left may not be on the disk yet, and is about to be seen
            return new Generations(file, first);
        } catch (MVStoreException e) {
            first.store().closeImmediately();
            throw new IOException(DiskTrouble.of(e, file.path()).text(), e);
        }
    }

    Generation current() {
        return current;
    }

    /// What was acknowledged and is missing in the file.
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

    /// Whether this generation ends, and another one is there or soon will be.
    boolean isGivenUp(Generation generation) {
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

    /// Drops the current generation, and opens what is on the disk.
    void next() {
        current.store().closeImmediately();
        try {
            current = Generation.open(file, current.number() + 1);
            current.force();
        } catch (MVStoreException e) {
            LOG.log(Level.DEBUG, "To be read, but not to be written yet");
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Cannot open {0} again: {1}", file.path(), e.getMessage());
        }
    }

    void close() {
        try {
            current.store().close();
        } catch (MVStoreException e) {
            current.store().closeImmediately();
            LOG.log(Level.ERROR, "Cannot write {0} at the end: {1}", file.path(), e.getMessage());
        }
    }
}
