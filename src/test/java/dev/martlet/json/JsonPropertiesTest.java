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
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.bson.BsonSerializationException;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// What holds for any text and any bytes. The number of tries is jqwik's: `-Djqwik.tries.default=100000`.
class JsonPropertiesTest {
    // Generators

    private static Arbitrary<String> numbers() {
        Arbitrary<String> digits = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 99).map(Object::toString),
                Arbitraries.longs().greaterOrEqual(0).map(Object::toString),
                Arbitraries.strings().numeric().ofMinLength(1).ofMaxLength(40).map(s -> s.replaceFirst("^0+(?=.)", "")));
        Arbitrary<String> fraction = Arbitraries.oneOf(
                Arbitraries.just(""), Arbitraries.strings().numeric().ofMinLength(1).ofMaxLength(40).map(s -> "." + s));
        Arbitrary<String> someExponent = Combinators.combine(
                        Arbitraries.of("e", "E", "e+", "E-", "e-"),
                        Arbitraries.frequencyOf(
                                Tuple.of(5, Arbitraries.integers().between(0, 30)),
                                Tuple.of(2, Arbitraries.integers().between(290, 350)),
                                Tuple.of(2, Arbitraries.integers().between(6100, 6200)),
                                Tuple.of(1, Arbitraries.integers().between(0, 2_000_000_000))))
                .as((e, n) -> e + n);
        Arbitrary<String> exponent = Arbitraries.oneOf(Arbitraries.just(""), someExponent);
        Arbitrary<String> composed = Combinators.combine(Arbitraries.of("", "-"), digits, fraction, exponent)
                .as((sign, d, f, e) -> sign + d + f + e);
        return Arbitraries.oneOf(
                composed,
                Arbitraries.doubles().filter(Double::isFinite).map(Object::toString),
                Arbitraries.longs().map(Object::toString),
                Arbitraries.integers().map(Object::toString));
    }

    /// Strings as JSON writes them, each character plain or escaped by chance, with lone surrogates now and then.
    private static Arbitrary<String> strings(int length) {
        Arbitrary<String> plain = Arbitraries.of(
                "a", "b", "_id", "$", ".", " ", "é", "€", "😀", "\u007f", "\u2028", "/", "0123456789abcdef", "\ufffd", "\uffff");
        Arbitrary<String> escaped = Arbitraries.of(
                "\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\uDE00", "\\u001f");
        Arbitrary<String> rare = Arbitraries.of("\\u0000", "\\ud800", "\\udfff", "\\u0024");
        Arbitrary<String> letters = Arbitraries.strings().withCharRange('a', 'z').ofMaxLength(20);
        return Arbitraries.frequencyOf(
                        Tuple.of(40, plain),
                        Tuple.of(20, letters),
                        Tuple.of(20, escaped),
                        Tuple.of(1, rare))
                .list()
                .ofMaxSize(length)
                .map(parts -> parts.stream().collect(Collectors.joining("", "\"", "\"")));
    }

    private static Arbitrary<String> spaces() {
        return Arbitraries.of("", "", "", " ", "\n", "\t\r\n ");
    }

    private static Arbitrary<String> values(int depth) {
        Arbitrary<String> scalars = Arbitraries.oneOf(numbers(), strings(6), Arbitraries.of("true", "false", "null"));
        if (depth == 0) {
            return scalars;
        }
        Arbitrary<String> arrays = Combinators.combine(values(depth - 1).list().ofMaxSize(5), spaces())
                .as((elements, space) -> elements.stream().collect(Collectors.joining(space + "," + space, "[" + space, space + "]")));
        return Arbitraries.oneOf(scalars, arrays, objects(depth - 1));
    }

    private static Arbitrary<String> objects(int depth) {
        Arbitrary<String> members = Combinators.combine(strings(2), values(depth), spaces())
                .as((name, value, space) -> space + name + space + ":" + space + value + space);
        return members.list().ofMaxSize(5).map(all -> all.stream().collect(Collectors.joining(",", "{", "}")));
    }

    @Provide
    Arbitrary<String> documents() {
        return objects(3);
    }

    /// Anything that looks like JSON from a distance.
    @Provide
    Arbitrary<byte[]> soup() {
        Arbitrary<byte[]> fragments = Arbitraries.of(
                        "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"a\":", "{\"a\":", "\"b\":1", "1", "0", "-", ".", "e", "E5", "+", "true", "null", "fals",
                        "\\", "\\u", "\\ud800", "00e9", "\n", " ", "é", "😀", "\u0000", "\ufeff", "\"_id\":", "$")
                .map(s -> s.getBytes(UTF_8));
        Arbitrary<byte[]> anything = Arbitraries.bytes().array(byte[].class).ofMaxSize(4);
        return Arbitraries.frequencyOf(Tuple.of(12, fragments), Tuple.of(1, anything))
                .list()
                .ofMaxSize(30)
                .map(JsonPropertiesTest::joined);
    }

    private static byte[] joined(List<byte[]> parts) {
        byte[] all = new byte[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    // Properties

    @Property(edgeCases = EdgeCasesMode.NONE)
    void any_json_value_comes_back_as_the_same_value_or_is_refused(@ForAll("documents") String json) {
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

    @Property(edgeCases = EdgeCasesMode.NONE)
    void any_bytes_give_a_document_or_a_refusal(@ForAll("soup") byte[] bytes) {
        judged(bytes);
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void any_change_of_a_document_s_bytes_gives_a_document_or_a_refusal(@ForAll("documents") String json, @ForAll long seed) {
        byte[] bytes = json.getBytes(UTF_8);
        SplittableRandom random = new SplittableRandom(seed);
        for (int n = random.nextInt(3); n >= 0; n--) {
            bytes = changed(bytes, random);
        }
        judged(bytes);
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void any_merge_patch_does_what_rfc_7396_says(@ForAll("documents") String target, @ForAll("documents") String patch) {
        Optional<RawBsonDocument> document = read(target.getBytes(UTF_8));
        if (document.isEmpty() || !StrictJson.object(patch.getBytes(UTF_8)).filter(JsonPropertiesTest::isStorable).isPresent()) {
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

    @Property(edgeCases = EdgeCasesMode.NONE)
    void any_bson_is_written_as_json_or_is_corrupt(@ForAll("documents") String json, @ForAll long seed) {
        Optional<RawBsonDocument> document = read(json.getBytes(UTF_8));
        if (document.isPresent()) {
            byte[] bson = bytes(document.get());
            SplittableRandom random = new SplittableRandom(seed);
            for (int n = random.nextInt(4); n >= 0; n--) {
                bson[4 + random.nextInt(bson.length - 4)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 20);
            }
            try {
                StrictJson.parse(Json.write(new RawBsonDocument(bson)));
            } catch (BsonSerializationException e) {
                assertTrue(e.toString().contains(": not BSON: "), e.toString());
            }
        }
    }

    // What they are judged by

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

    /// Reads, and makes sure that the other parser agrees on what is JSON.
    private static void judged(byte[] bytes) {
        try {
            Json.document(bytes);
            assertTrue(StrictJson.object(bytes).isPresent());
        } catch (JsonRefusedException e) {
            assertTrue(e.reason() == Reason.UNSTORABLE || StrictJson.object(bytes).isEmpty(), () -> Json.line(e));
            assertTrue(e.position().orElseThrow().offset() <= bytes.length);
        }
    }

    private static boolean isStorable(Map<?, ?> document) {
        boolean idFits = !document.containsKey("_id") || (document.get("_id") instanceof String id && !id.isEmpty());
        return idFits && document.keySet().stream().noneMatch(name -> ((String) name).startsWith("$")) && isExact(document);
    }

    private static boolean isExact(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> object -> object.entrySet().stream()
                    .allMatch(e -> isExact(e.getKey()) && ((String) e.getKey()).indexOf('\0') < 0 && isExact(e.getValue()));
            case List<?> array -> array.stream().allMatch(JsonPropertiesTest::isExact);
            case String text -> text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
            case BigDecimal number -> number.precision() <= 34 && -number.scale() >= -6176 && number.precision() - (long) number.scale() <= 6145;
            case null, default -> true;
        };
    }

    private static byte[] changed(byte[] bytes, SplittableRandom random) {
        int at = random.nextInt(bytes.length + 1);
        byte other = (byte) (random.nextBoolean() ? "{}[]:,\"\\u0e-.\n".charAt(random.nextInt(14)) : random.nextInt(256));
        byte[] before = Arrays.copyOf(bytes, at);
        byte[] after = Arrays.copyOfRange(bytes, at, bytes.length);
        return switch (random.nextInt(4)) {
            case 0 -> before;
            case 1 -> joined(List.of(before, new byte[] {other}, after));
            case 2 -> joined(List.of(before, after.length == 0 ? after : Arrays.copyOfRange(after, 1, after.length)));
            default -> {
                if (after.length > 0) {
                    after[0] = other;
                }
                yield joined(List.of(before, after));
            }
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
