package dev.martlet.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a handler answers. It is a value: one place sends it, and `HEAD`, compression and tests see the same thing.
///
/// ```java
/// Reply.json(Status.OK_200, bytes).with(HeaderNames.ETAG, tag)
/// ```
///
/// @param held what the answer holds; it is closed when the answer has been sent
public record Reply(Status status, Map<HeaderName, String> headers, Body body, AutoCloseable held) {

    public static final String JSON = "application/json";

    public sealed interface Body {
        record None() implements Body {}

        @SuppressWarnings("ArrayRecordComponent") // Bytes on their way out: nobody compares them.
        record Bytes(byte[] bytes, String contentType) implements Body {}

        /// A body of unknown length, which is written while it is made.
        record Stream(Source source, String contentType) implements Body {}
    }

    @FunctionalInterface
    public interface Source {
        void writeTo(OutputStream out) throws IOException;
    }

    Reply(Status status, Map<HeaderName, String> headers, Body body) {
        this(status, headers, body, Reply::holdNothing);
    }

    private static void holdNothing() {}

    public static Reply of(Status status) {
        return new Reply(status, Map.of(), new Body.None());
    }

    public static Reply json(Status status, byte[] json) {
        return bytes(status, JSON, json);
    }

    public static Reply bytes(Status status, String contentType, byte[] bytes) {
        return new Reply(status, Map.of(), new Body.Bytes(bytes, contentType));
    }

    public static Reply stream(String contentType, Source source) {
        return new Reply(Status.OK_200, Map.of(), new Body.Stream(source, contentType));
    }

    public Reply with(HeaderName name, String value) {
        var more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, more, body, held);
    }

    public Reply etag(String tag) {
        return with(HeaderNames.ETAG, tag);
    }

    public Reply holding(AutoCloseable taken) {
        return new Reply(status, headers, body, taken);
    }
}
