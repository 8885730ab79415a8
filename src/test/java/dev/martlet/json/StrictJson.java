package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/// An independent judge of JSON: the JDK's decoder for the bytes, and Jackson's parser for the text.
///
/// A value is a `Map`, `List`, `String`, `BigDecimal`, `Boolean` or null. Two numbers are equal if their values
/// are, whatever their digits. Only `-0` is not `0`.
final class StrictJson {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(1_000_000)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private StrictJson() {}

    /// Reads a text that must be JSON. A name may appear twice.
    static void check(String json) {
        JsonFactory lenient = FACTORY.rebuild()
                .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        try (JsonParser parser = lenient.createParser(ObjectReadContext.empty(), json)) {
            while (parser.nextToken() != null) {
                parser.finishToken();
            }
        }
    }

    /// The value of a text that must be JSON, without a name twice in an object.
    static @Nullable Object parse(String json) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            Object value = value(parser);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("something follows the value");
            }
            return value;
        }
    }

    /// The object in these bytes. Empty if they are not UTF-8, not JSON, or not an object.
    static Optional<Map<?, ?>> object(byte[] utf8) {
        try {
            String json = UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
            return parse(json) instanceof Map<?, ?> map ? Optional.of(map) : Optional.empty();
        } catch (JacksonException | CharacterCodingException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static @Nullable Object value(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new IllegalArgumentException("no value");
        }
        return switch (token) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> object = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    object.put(name, value(parser));
                }
                yield object;
            }
            case START_ARRAY -> {
                List<@Nullable Object> array = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(value(parser));
                }
                yield array;
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getString());
            case VALUE_STRING -> parser.getString();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new IllegalArgumentException(token.toString());
        };
    }

    private static Object number(String literal) {
        if (literal.matches("-?[0.]+([eE].*)?")) {
            return literal.startsWith("-") ? -0.0 : 0.0;
        }
        return new BigDecimal(literal).stripTrailingZeros();
    }
}
