package dev.martlet.http;

import dev.martlet.trace.Span;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;

/// Receives the body of a request, within its limit.
public final class Body {

    /// Memory is taken for bytes that have arrived, and not for bytes that were announced.
    private static final int FIRST_BYTES = MemoryBudget.FREE_BYTES;

    /// About as much as arrives together with the head, or is on its way.
    private static final int CHEAP_TO_DRAIN = 64 * 1024;

    private Body() {}

    /// The body's media type in lower case, without parameters. Empty if there is none.
    public static String mediaType(ServerRequest request) {
        if (!request.headers().contains(HeaderNames.CONTENT_TYPE)) {
            return "";
        }
        String[] parts = request.headers()
                .get(HeaderNames.CONTENT_TYPE)
                .get()
                .toLowerCase(Locale.ROOT)
                .split(";", -1);
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip().replace("\"", "");
            if (parameter.startsWith("charset=") && !parameter.equals("charset=utf-8")) {
                throw unsupported("`" + parameter + "` is not supported: JSON is UTF-8, so omit the charset.");
            }
        }
        return parts[0].strip();
    }

    public static Problem unsupported(String detail) {
        return Problem.of(Status.UNSUPPORTED_MEDIA_TYPE_415, detail);
    }

    public static void requireType(ServerRequest request, String type) {
        requireType(request, type, "");
    }

    /// @param otherwise what else the resource accepts, as a part of the refusal's sentence
    public static void requireType(ServerRequest request, String type, String otherwise) {
        String given = mediaType(request);
        if (!given.equals(type)) {
            throw unsupported((given.isEmpty()
                            ? "No `Content-Type` is given"
                            : "`Content-Type` is `" + Problem.quoted(given) + "`, which is not supported here")
                    + ": send `Content-Type: " + type + "`" + otherwise + ".");
        }
    }

    /// The whole body.
    ///
    /// @param cure   for a body that is too large
    /// @param copies how many times its own size the body takes, with everything that is made from it
    /// @param memory holds the memory for it
    /// @throws Problem 411 if its length is not announced, 413 if it exceeds `most` bytes
    public static byte[] read(ServerRequest request, int most, String cure, int copies, MemoryBudget.Share memory)
            throws IOException {
        long length = announcedLength(request);
        if (length > most) {
            throw tooLarge(most, cure);
        }
        try (InputStream in = open(request)) {
            byte[] body = in.readNBytes((int) Math.min(FIRST_BYTES, length >= 0 ? length : FIRST_BYTES));
            if (body.length == FIRST_BYTES && length != FIRST_BYTES) {
                int end = length >= 0 ? (int) length : most + 1;
                memory.expect((long) copies * end);
                body = readOn(in, body, end, memory);
            }
            if (body.length > most) {
                throw tooLarge(most, cure);
            }
            // Reading nothing tells Helidon that the body is complete.
            in.read();
            memory.hold((long) copies * body.length);
            return body;
        }
    }

    /// Memory is taken as the bytes arrive. The buffer doubles, and at the end it is cut to the size of the body.
    private static byte[] readOn(InputStream in, byte[] first, int end, MemoryBudget.Share memory) throws IOException {
        byte[] body = first;
        int length = first.length;
        while (length < end) {
            int next = Math.min(end, 2 * length);
            memory.hold((long) next + length);
            body = Arrays.copyOf(body, next);
            length += in.readNBytes(body, length, next - length);
            if (length < next) {
                return Arrays.copyOf(body, length);
            }
        }
        return body;
    }

    /// The body's bytes. Wrong framing is the sender's mistake, and Helidon has many exceptions for it.
    public static InputStream open(ServerRequest request) {
        Span span = Span.current().child("read body");
        return new FilterInputStream(request.content().inputStream()) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                try {
                    return super.read(bytes, offset, length);
                } catch (RequestException | IllegalArgumentException | DataReader.IncorrectNewLineException e) {
                    throw Problem.badRequest(Chunks.BROKEN);
                }
            }

            @Override
            public void close() {
                // Of the body Helidon reads the rest, or closes the connection.
                span.close();
            }
        };
    }

    /// Whether the connection can be kept after a refusal by receiving the rest of the body.
    static boolean cheapToDrain(ServerRequest request) {
        if (request.headers().contains(HeaderNames.EXPECT) && !request.content().consumed()) {
            // Nobody knows whether the body comes although the service did not ask for it.
            return false;
        }
        boolean chunked = request.headers().contains(HeaderNames.TRANSFER_ENCODING);
        boolean little = !chunked && request.headers().contentLength().orElse(0) <= CHEAP_TO_DRAIN;
        return little || request.content().consumed();
    }

    /// The announced length, or -1 if the body is chunked.
    public static long announcedLength(ServerRequest request) {
        if (request.headers().contains(HeaderNames.TRANSFER_ENCODING)) {
            return -1;
        }
        var length = request.headers().contentLength();
        if (length.isEmpty()) {
            throw Problem.of(
                    Status.LENGTH_REQUIRED_411,
                    "The request has no body: send one, with `Content-Length` or in chunks.");
        }
        return length.getAsLong();
    }

    public static Problem tooLarge(int most, String cure) {
        return Problem.of(Status.REQUEST_ENTITY_TOO_LARGE_413, "The body exceeds " + most + " bytes: " + cure + ".");
    }
}
