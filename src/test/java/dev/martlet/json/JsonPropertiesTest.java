package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.json.JsonRefusedException.Reason;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.bson.BsonSerializationException;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// Properties of any text and any bytes. The number of tries is jqwik's: `-Djqwik.tries.default=100000`.
class JsonPropertiesTest {
    @Provide
    Arbitrary<String> documents() {
        return Arbitraries.randomValue(random -> new RandomJson(random).document());
    }

    @Provide
    Arbitrary<byte[]> soup() {
        return Arbitraries.randomValue(random -> new RandomJson(random).soup());
    }

    @Provide
    Arbitrary<byte[]> almostDocuments() {
        return Arbitraries.randomValue(random -> new RandomJson(random).almostDocument());
    }

    @Property
    void anyJsonValue_comesBackAsTheSameValueOrIsRefused(@ForAll("documents") String json) {
        Optional<RawBsonDocument> read = read(json.getBytes(UTF_8));
        Optional<Map<?, ?>> value = StrictJson.object(json.getBytes(UTF_8));
        assertEquals(value.filter(JsonPropertiesTest::isStorable).isPresent(), read.isPresent(), json);
        if (read.isPresent()) {
            Map<Object, Object> expected = new LinkedHashMap<>(value.orElseThrow());
            expected.putIfAbsent("_id", Json.ID.toHexString());
            String written = Json.write(read.get());
            assertEquals(expected, StrictJson.parse(written));
            assertEquals(List.copyOf(read.get().keySet()).getFirst(), "_id");
            assertArrayEquals(bytes(read.get()), bytes(Json.document(written)), "the BSON of what comes back");
        }
    }

    @Property
    void anyBytes_giveADocumentOrARefusal(@ForAll("soup") byte[] bytes) {
        judged(bytes);
    }

    @Property
    void anyChangeOfADocumentsBytes_givesADocumentOrARefusal(@ForAll("almostDocuments") byte[] bytes) {
        judged(bytes);
    }

    @Property
    void anyMergePatch_doesWhatRfc7396Says(@ForAll("documents") String target, @ForAll("documents") String patch) {
        Optional<RawBsonDocument> document = read(target.getBytes(UTF_8));
        if (document.isEmpty()
                || !StrictJson.object(patch.getBytes(UTF_8))
                        .filter(JsonPropertiesTest::isStorable)
                        .isPresent()) {
            return;
        }
        Map<?, ?> changes = (Map<?, ?>) Objects.requireNonNull(StrictJson.parse(patch));
        if (changes.containsKey("_id")) {
            return;
        }
        byte[] utf8 = patch.getBytes(UTF_8);
        RawBsonDocument result = MergePatch.parse(utf8, 0, utf8.length).apply(document.get());
        Object expected = mergePatch(StrictJson.parse(Json.write(document.get())), changes);
        assertEquals(String.valueOf(expected), String.valueOf(StrictJson.parse(Json.write(result))), "the order too");
    }

    @Property
    void anyBson_isWrittenAsJsonOrIsCorrupt(@ForAll("documents") String json, @ForAll long seed) {
        Optional<RawBsonDocument> document = read(json.getBytes(UTF_8));
        if (document.isPresent()) {
            byte[] bson = bytes(document.get());
            SplittableRandom random = new SplittableRandom(seed);
            for (int n = random.nextInt(4); n >= 0; n--) {
                bson[4 + random.nextInt(bson.length - 4)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 20);
            }
            try {
                StrictJson.check(Json.write(new RawBsonDocument(bson)));
            } catch (BsonSerializationException e) {
                assertTrue(e.toString().contains(": not BSON: "), e.toString());
            }
        }
    }

    // The judges

    private static Optional<RawBsonDocument> read(byte[] utf8) {
        try {
            return Optional.of(Json.document(utf8));
        } catch (JsonRefusedException e) {
            return Optional.empty();
        }
    }

    private static byte[] bytes(RawBsonDocument document) {
        int from = document.getByteOffset();
        return Arrays.copyOfRange(document.getBackingArray(), from, from + document.getByteLength());
    }

    /// Reads the text, and checks that the other parser agrees.
    private static void judged(byte[] bytes) {
        try {
            Json.document(bytes);
            assertTrue(StrictJson.object(bytes).isPresent());
        } catch (JsonRefusedException e) {
            assertTrue(
                    e.reason() == Reason.UNSTORABLE || StrictJson.object(bytes).isEmpty(), () -> Json.line(e));
            assertTrue(e.position().orElseThrow().offset() <= bytes.length);
        }
    }

    private static boolean isStorable(Map<?, ?> document) {
        boolean idFits = !document.containsKey("_id") || (document.get("_id") instanceof String id && !id.isEmpty());
        return idFits
                && document.keySet().stream().noneMatch(name -> ((String) name).startsWith("$"))
                && isExact(document);
    }

    private static boolean isExact(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> object ->
                object.entrySet().stream()
                        .allMatch(e -> isExact(e.getKey())
                                && ((String) e.getKey()).indexOf('\0') < 0
                                && isExact(e.getValue()));
            case List<?> array -> array.stream().allMatch(JsonPropertiesTest::isExact);
            case String text -> text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
            case BigDecimal number ->
                number.precision() <= 34
                        && -number.scale() >= -6176
                        && number.precision() - (long) number.scale() <= 6145;
            case null, default -> true;
        };
    }

    /// The pseudocode of RFC 7396, section 2.
    private static @Nullable Object mergePatch(@Nullable Object target, @Nullable Object patch) {
        if (!(patch instanceof Map<?, ?> changes)) {
            return patch;
        }
        Map<Object, @Nullable Object> result = new LinkedHashMap<>();
        if (target instanceof Map<?, ?> object) {
            result.putAll(object);
        }
        changes.forEach((name, value) -> {
            if (value == null) {
                result.remove(name);
            } else {
                result.put(name, mergePatch(result.get(name), value));
            }
        });
        return result;
    }
}
