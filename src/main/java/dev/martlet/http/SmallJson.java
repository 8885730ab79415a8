package dev.martlet.http;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Answers that are not documents: an acknowledgement, or a problem.
///
/// ```java
/// SmallJson.of(Map.of("inserted", 2))
/// ```
public final class SmallJson {

    private static final JsonFactory JSON = new JsonFactory();

    private SmallJson() {}

    /// @param members texts, whole numbers, booleans, nulls, and maps and lists of these
    public static byte[] of(Map<String, ?> members) {
        var bytes = new ByteArrayOutputStream(256);
        try (var json = JSON.createGenerator(ObjectWriteContext.empty(), bytes, JsonEncoding.UTF8)) {
            write(json, members);
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, @Nullable Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                json.writeStartObject();
                map.forEach((name, member) -> {
                    json.writeName(String.valueOf(name));
                    write(json, member);
                });
                json.writeEndObject();
            }
            case Iterable<?> items -> {
                json.writeStartArray();
                items.forEach(item -> write(json, item));
                json.writeEndArray();
            }
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Boolean bool -> json.writeBoolean(bool);
            case null -> json.writeNull();
            default -> json.writeString(value.toString());
        }
    }
}
