package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.bson.BsonDocument;

/// An answer as it came back.
///
/// @param headers names in lower case
/// @param whole   whether the body came to its proper end
@SuppressWarnings("ArrayRecordComponent") // Nobody compares answers.
record Answer(int status, Map<String, List<String>> headers, byte[] bytes, boolean whole) {

    /// The header's value, or an empty text.
    String header(String name) {
        return String.join(", ", headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()));
    }

    String body() {
        return new String(bytes, UTF_8);
    }

    /// The body after decompression.
    String unzipped() {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new AssertionError("not gzip: " + this, e);
        }
    }

    String text(String name) {
        return json().getString(name).getValue();
    }

    BsonDocument json() {
        return JsonReader.query(body());
    }

    /// Status and body: what most tests are about.
    String told() {
        return status + " " + body();
    }

    @Override
    public String toString() {
        return status + " " + headers + "\n" + body();
    }
}
