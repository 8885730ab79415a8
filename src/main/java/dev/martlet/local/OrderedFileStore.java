package dev.martlet.local;

import java.nio.ByteBuffer;
import java.util.HashMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.SFChunk;
import org.h2.mvstore.SingleFileStore;
import org.jspecify.annotations.Nullable;

/// A store file that is written only on request. Its header never reaches the disk before the chunk that it points
/// to.
///
/// The store writes a chunk and then, sometimes, the header at position 0 that points to it. The system decides
/// which of the two is on the disk first. After a power failure, a header without its chunk would lead the recovery
/// to an older chunk, and acknowledged writes would be gone.
class OrderedFileStore extends SingleFileStore {

    private static final int ROOM_BYTES = 1 << 20;

    /// After how many commits may a chunk without live data be overwritten? The recovery finds the last commit
    /// through a chain of chunks that starts up to 21 commits earlier. With the default of 5, one of 200 kills
    /// broke the chain.
    private static final int LEAST_VERSIONS = 24;

    static final int MOST_VERSIONS = 50;
    /// Of the heap, for what the kept versions hold: the root of each collection, which is all of it if it has one
    /// document.
    private static final int HEAP_PART = 8;

    private long recentBytes;

    OrderedFileStore() {
        super(new HashMap<>());
    }

    @Override
    protected void writeFully(@Nullable SFChunk chunk, long position, ByteBuffer bytes) {
        if (position == 0) {
            sync();
        }
        if (chunk != null) {
            recentBytes = Math.max(bytes.remaining(), recentBytes - recentBytes / MOST_VERSIONS);
            long fitting = Runtime.getRuntime().maxMemory() / HEAP_PART / Math.max(1, recentBytes);
            getMvStore().setVersionsToKeep(Math.clamp(fitting, LEAST_VERSIONS, MOST_VERSIONS));
        }
        super.writeFully(chunk, position, bytes);
    }

    /// It never writes by itself, because that could be in the middle of a commit.
    @Override
    public boolean shouldSaveNow(int unsavedMemory, int autoCommitMemory) {
        return false;
    }

    /// Makes the file longer by the size of a few large writes, and shorter again. A crash in between leaves zeros
    /// at the end, which the recovery ignores.
    ///
    /// @throws org.h2.mvstore.MVStoreException if the disk does not take it
    void requireRoom() {
        long end = size();
        try {
            writeFully(null, end, ByteBuffer.allocate(ROOM_BYTES));
            sync();
        } finally {
            truncate(end);
        }
    }

    /// Moves the rest of old chunks together, so that their space can be used again.
    void keepHouse(MVStore store) throws InterruptedException {
        doHousekeeping(store);
    }
}
