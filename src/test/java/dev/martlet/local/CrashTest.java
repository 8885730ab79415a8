package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bson.BsonInt32;
import org.bson.BsonValue;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.SFChunk;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Records what the store does to its file while commits are acknowledged, and then opens the file as a crash would
/// have left it after each single step.
class CrashTest {

    private static final int COMMITS = Integer.getInteger("martlet.crash.commits", 120);
    private static final long SEED = Long.getLong("martlet.crash.seed", 1);
    private static final int SECTOR = 4096;

    private enum Kind {
        WRITE,
        TRUNCATE,
        FORCE,
        ACKNOWLEDGE
    }

    /// @param number the position, the new length, or the acknowledged commit
    private record Step(Kind kind, long number, ByteBuffer bytes) {}

    private final List<Step> steps = Collections.synchronizedList(new ArrayList<>());
    private final Random random = new Random(SEED);

    @TempDir
    Path folder;

    private final class RecordingFileStore extends OrderedFileStore {

        @Override
        protected void writeFully(@Nullable SFChunk chunk, long position, ByteBuffer bytes) {
            ByteBuffer copy = ByteBuffer.allocate(bytes.remaining())
                    .put(bytes.duplicate())
                    .flip();
            super.writeFully(chunk, position, bytes);
            steps.add(new Step(Kind.WRITE, position, copy));
        }

        @Override
        public void truncate(long size) {
            super.truncate(size);
            steps.add(new Step(Kind.TRUNCATE, size, ByteBuffer.allocate(0)));
        }

        @Override
        public void sync() {
            steps.add(new Step(Kind.FORCE, 0, ByteBuffer.allocate(0)));
        }
    }

    /// A file's content.
    private static final class Image {

        private byte[] bytes = new byte[1 << 20];
        private int length;

        Image copy() {
            Image copy = new Image();
            copy.bytes = bytes.clone();
            copy.length = length;
            return copy;
        }

        void apply(Step step, int sizeOfWrite) {
            int end = (int) step.number + (step.kind == Kind.WRITE ? sizeOfWrite : 0);
            while (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * bytes.length);
            }
            if (step.kind == Kind.WRITE) {
                step.bytes.get(0, bytes, (int) step.number, sizeOfWrite);
                length = Math.max(length, end);
            } else if (step.kind == Kind.TRUNCATE && end < length) {
                Arrays.fill(bytes, end, length, (byte) 0);
                length = end;
            }
        }

        void apply(Step step) {
            apply(step, step.bytes.limit());
        }
    }

    private static MVMap<BsonValue, byte[]> map(MVStore store) {
        return store.openMap(
                "map",
                new MVMap.Builder<BsonValue, byte[]>().keyType(KeyType.INSTANCE).valueType(ByteArrayDataType.INSTANCE));
    }

    private static BsonValue key(int number) {
        return new BsonInt32(number);
    }

    @BeforeEach
    void record() throws Exception {
        var file = new RecordingFileStore();
        MVStore store = StoreFile.openStore(folder.resolve("recorded"), file);
        GroupCommit<Long> commits = new GroupCommit<>(() -> {
            store.commit();
            store.sync();
            return store.getCurrentVersion();
        });
        MVMap<BsonValue, byte[]> map = map(store);
        for (int commit = 1; commit <= COMMITS; commit++) {
            int changes = random.nextInt(20) == 0 ? 100 : 1 + random.nextInt(5);
            for (int i = 0; i < changes; i++) {
                map.put(key(1 + random.nextInt(1000)), new byte[50 + random.nextInt(300)]);
                map.remove(key(1 + random.nextInt(1000)));
            }
            map.put(key(0), ByteBuffer.allocate(4).putInt(commit).array());
            commits.await();
            steps.add(new Step(Kind.ACKNOWLEDGE, commit, ByteBuffer.allocate(0)));
            if (commit % 10 == 0) {
                file.keepHouse(store);
            }
        }
        store.closeImmediately();
    }

    /// What was written is in the file, the last write perhaps in part.
    @Test
    void killAfterAnyWrite_losesNoAcknowledgedCommit() throws Exception {
        Image file = new Image();
        int acknowledged = 0;
        int checked = 0;
        for (Step step : steps) {
            if (step.kind == Kind.ACKNOWLEDGE) {
                acknowledged = (int) step.number;
            } else if (step.kind != Kind.FORCE) {
                if (acknowledged > 0) {
                    Image torn = file.copy();
                    torn.apply(step, partOf(step));
                    assertHolds(torn, acknowledged);
                }
                file.apply(step);
                if (acknowledged > 0) {
                    assertHolds(file, acknowledged);
                    checked++;
                }
            }
        }
        assertTrue(checked > COMMITS, checked + " states");
    }

    /// What was forced is in the file. Of what was written since, anything may be there or missing, in any order.
    @Test
    void powerFailureAfterAnyWrite_losesNoAcknowledgedCommit() throws Exception {
        Image disk = new Image();
        List<Step> cached = new ArrayList<>();
        int acknowledged = 0;
        int checked = 0;
        for (Step step : steps) {
            switch (step.kind) {
                case ACKNOWLEDGE -> acknowledged = (int) step.number;
                case FORCE -> {
                    cached.forEach(disk::apply);
                    cached.clear();
                }
                case WRITE, TRUNCATE -> {
                    cached.add(step);
                    if (acknowledged > 0) {
                        Image file = disk.copy();
                        cached.forEach(
                                each -> file.apply(each, random.nextBoolean() ? each.bytes.limit() : partOf(each)));
                        assertHolds(file, acknowledged);
                        checked++;
                    }
                }
            }
        }
        assertTrue(checked > COMMITS, checked + " states");
    }

    /// Some whole sectors of it, or none.
    private int partOf(Step step) {
        return SECTOR * random.nextInt(step.bytes.limit() / SECTOR + 1);
    }

    private void assertHolds(Image image, int acknowledged) throws IOException {
        Path file = folder.resolve("crashed");
        Files.write(file, Arrays.copyOf(image.bytes, image.length));
        MVStore store = StoreFile.openStore(file, new OrderedFileStore());
        try {
            byte[] found = map(store).get(key(0));
            assertTrue(found != null, "nothing found, but commit " + acknowledged + " was acknowledged");
            int commit = ByteBuffer.wrap(found).getInt();
            assertTrue(commit >= acknowledged, "found " + commit + ", but " + acknowledged + " was acknowledged");
            assertEquals(
                    map(store).size(),
                    map(store).values().stream()
                            .mapToInt(value -> value.length > 0 ? 1 : 0)
                            .sum());
        } catch (MVStoreException e) {
            throw new AssertionError("cannot read after " + acknowledged, e);
        } finally {
            store.closeImmediately();
        }
    }
}
