package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.martlet.Eventually;
import dev.martlet.local.LoggedChange.Kind;
import java.nio.file.Path;
import java.time.Duration;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.RawBsonDocument;
import org.h2.mvstore.DataUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A heap that is full in the middle of a write. It is not the disk's fault, and nothing is half done.
class MemoryShortageTest {

    private static final String COLLECTION = "martlet.data";

    @TempDir
    Path folder;

    private static RawBsonDocument document(int id) {
        return Documents.raw(new BsonDocument("_id", new BsonInt32(id)));
    }

    private static int put(Generation generation, int id) {
        generation.put(COLLECTION, Kind.INSERT, document(id));
        return id;
    }

    private static boolean has(Storage storage, int id) {
        return storage.read(
                generation -> StoredDocument.find(storage, generation, COLLECTION, new BsonInt32(id)) != null);
    }

    @Test
    void changeWithoutMemory_isUndoneAndSaysSo() throws Exception {
        try (Storage storage = Storage.open(folder)) {
            storage.change(generation -> put(generation, 1));
            CommandFailure failure = assertThrows(
                    CommandFailure.class,
                    () -> storage.change(generation -> {
                        put(generation, 2);
                        throw new OutOfMemoryError("Java heap space");
                    }));
            BsonDocument answer = failure.answer();
            assertEquals("ExceededMemoryLimit", answer.getString("codeName").getValue());
            assertEquals(
                    "the process has too little memory to write " + storage.path()
                            + " (Java heap space): send less at once, or raise -Xmx, and writing goes on by itself",
                    answer.getString("errmsg").getValue());
            Eventually.eventually(
                    Duration.ofSeconds(5),
                    () -> assertDoesNotThrow(() -> storage.change(generation -> put(generation, 3))));
            assertEquals(true, has(storage, 1));
            assertFalse(has(storage, 2));
            assertEquals(true, has(storage, 3));
        }
    }

    /// As MVStore wraps what happens in a commit.
    @Test
    void commitWithoutMemory_isNotTheDisksFault() {
        DiskTrouble trouble = DiskTrouble.of(
                DataUtils.newMVStoreException(
                        DataUtils.ERROR_INTERNAL, "{0}", "x", new OutOfMemoryError("Java heap space")),
                folder);
        assertFalse(trouble.isOfDisk());
        assertEquals(146, trouble.code());
    }
}
