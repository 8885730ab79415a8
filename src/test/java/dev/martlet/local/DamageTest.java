package dev.martlet.local;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file that is not as it was written. The database never gives wrong content, and says so if something is
/// missing.
class DamageTest {

    private static final String NAMESPACE = "martlet.data";
    private static final int BITS = Integer.getInteger("martlet.damage.bits", 150);
    private static final long SEED = Long.getLong("martlet.damage.seed", 1);

    private final Map<BsonValue, RawBsonDocument> written = new TreeMap<>(ValueOrder.ASCENDING);
    private byte[] file = {};
    private byte[] note = {};

    @TempDir
    Path folder;

    /// A file as `kill -9` leaves it: with documents of several commits, some of them replaced.
    @BeforeEach
    void write() throws Exception {
        Path original = folder.resolve("original");
        Storage storage = Storage.open(original);
        var random = new Random(SEED);
        for (int commit = 0; commit < 40; commit++) {
            int first = 10 * commit;
            storage.change(generation -> {
                for (int i = first; i < first + 13; i++) {
                    BsonValue key = i % 3 == 0 ? new BsonInt32(i) : new BsonString("key-" + i);
                    RawBsonDocument document = Documents.raw(new BsonDocument("_id", key)
                            .append("text", new BsonString("x".repeat(random.nextInt(300)) + i)));
                    generation.put(NAMESPACE, LoggedChange.Kind.INSERT, document);
                    written.put(key, document);
                }
                return 0;
            });
        }
        file = Files.readAllBytes(original.resolve("martlet.db"));
        note = Files.readAllBytes(original.resolve("martlet.acknowledged"));
        storage.close();
    }

    private Storage open(byte[] content) throws IOException {
        Path damaged = Files.createTempDirectory(folder, "damaged");
        Files.write(damaged.resolve("martlet.db"), content);
        Files.write(damaged.resolve("martlet.acknowledged"), note);
        return Storage.open(damaged);
    }

    private enum Outcome {
        WHOLE,
        REFUSED_AT_START,
        SAID_AT_START,
        REFUSED_WHEN_READ,
        WRONG
    }

    private Outcome outcome(byte[] content) {
        try (Storage storage = open(content)) {
            boolean said = !storage.missing().isEmpty();
            List<Outcome> outcomes = new ArrayList<>();
            written.forEach((key, document) -> outcomes.add(read(storage, key, document, said)));
            outcomes.add(scan(storage, said));
            return outcomes.stream().max(Outcome::compareTo).orElseThrow();
        } catch (IOException e) {
            return Outcome.REFUSED_AT_START;
        }
    }

    private static Outcome read(Storage storage, BsonValue key, RawBsonDocument expected, boolean said) {
        try {
            StoredDocument found = StoredDocument.find(storage, NAMESPACE, key);
            boolean same = found != null && Documents.sameBytes(found.document(), expected);
            return same ? Outcome.WHOLE : said ? Outcome.SAID_AT_START : Outcome.WRONG;
        } catch (CommandFailure e) {
            return Outcome.REFUSED_WHEN_READ;
        }
    }

    private Outcome scan(Storage storage, boolean said) {
        try {
            var scan = new KeyScan(storage, NAMESPACE, KeyRange.ALL, false);
            int count = 0;
            while (scan.hasNext()) {
                StoredDocument stored = scan.next();
                RawBsonDocument expected = written.get(stored.key());
                if (expected == null || !Documents.sameBytes(stored.document(), expected)) {
                    return said ? Outcome.SAID_AT_START : Outcome.WRONG;
                }
                count++;
            }
            return count == written.size() ? Outcome.WHOLE : said ? Outcome.SAID_AT_START : Outcome.WRONG;
        } catch (CommandFailure e) {
            return Outcome.REFUSED_WHEN_READ;
        }
    }

    @Test
    void flippedBit_isNeverServed() {
        assertEquals(Outcome.WHOLE, outcome(file));
        var random = new Random(SEED);
        var counts = new TreeMap<Outcome, Integer>();
        for (int i = 0; i < BITS; i++) {
            byte[] damaged = file.clone();
            int at = random.nextInt(damaged.length);
            int bit = random.nextInt(Byte.SIZE);
            damaged[at] ^= (byte) (1 << bit);
            Outcome outcome = outcome(damaged);
            counts.merge(outcome, 1, Integer::sum);
            assertFalse(outcome == Outcome.WRONG, "bit " + bit + " of byte " + at + " of " + file.length);
        }
        System.out.println(BITS + " flipped bits: " + counts);
        assertTrue(counts.containsKey(Outcome.REFUSED_WHEN_READ), counts::toString);
    }

    @Test
    void cutFile_isSaidAtStart() {
        for (int cut : List.of(1, 100, 4096, 4097, 40_000, file.length / 2)) {
            Outcome outcome = outcome(Arrays.copyOf(file, file.length - cut));
            assertTrue(
                    outcome == Outcome.SAID_AT_START
                            || outcome == Outcome.REFUSED_AT_START
                            || outcome == Outcome.REFUSED_WHEN_READ,
                    () -> outcome + " after a cut of " + cut);
        }
    }

    /// Recovery drops what was never acknowledged, and that is not missing.
    @Test
    void tornLastWrite_isNotMissing() throws IOException {
        byte[] torn = Arrays.copyOf(file, file.length + 5000);
        Arrays.fill(torn, file.length, torn.length, (byte) 7);
        assertEquals(Outcome.WHOLE, outcome(torn));
        try (Storage storage = open(torn)) {
            assertEquals(List.of(), storage.missing());
        }
    }

    @Test
    void damagedDocument_canBeReplacedAndDeleted() throws IOException {
        byte[] text = "key-100".getBytes(US_ASCII);
        byte[] damaged = file.clone();
        for (int at = 0; at < damaged.length - 60; at++) {
            // The document's own `_id`, behind its name.
            if (Arrays.equals(damaged, at, at + text.length, text, 0, text.length)
                    && Arrays.equals(damaged, at - 8, at - 4, "_id\0".getBytes(US_ASCII), 0, 4)) {
                damaged[at + text.length + 12] ^= 1;
            }
        }
        try (Storage storage = open(damaged)) {
            var key = new BsonString("key-100");
            assertEquals(Outcome.REFUSED_WHEN_READ, read(storage, key, requireNonNull(written.get(key)), false));
            assertEquals(
                    Outcome.WHOLE,
                    read(
                            storage,
                            new BsonString("key-101"),
                            requireNonNull(written.get(new BsonString("key-101"))),
                            false));
            storage.change(generation -> {
                generation.put(NAMESPACE, LoggedChange.Kind.REPLACE, requireNonNull(written.get(key)));
                return 0;
            });
            assertEquals(Outcome.WHOLE, read(storage, key, requireNonNull(written.get(key)), false));
        }
    }
}
