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

/// Takes the body of a request, within its limit.
public final class Body {

    /// What is only announced takes nothing from anybody.
    private static final int FIRST_BYTES = MemoryBudget.FREE_BYTES;

    /// About what has arrived together with the head, or is on its way.
    private static final int CHEAP_TO_DRAIN = 64 * 1024;

    private Body() {}

    /// The body's media type in lower case, without parameters; empty when none is given.
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

    /// @param otherwise what else may be sent to the resource, in the words of the refusal
    public static void requireType(ServerRequest request, String type, String otherwise) {
        String given = mediaType(request);
        if (!given.equals(type)) {
            throw unsupported((given.isEmpty()
                            ? "No Content-Type is given"
                            : "Content-Type `" + given + "` is not supported here")
                    + ": send `Content-Type: " + type + "`" + otherwise + ".");
        }
    }

    /// The whole body.
    ///
    /// @param copies how many times its bytes the body, and what is made of it, takes
    /// @param memory gets the share that they take
    /// @throws Problem 411 when its length is not announced, 413 when it exceeds `most` bytes
    public static byte[] read(ServerRequest request, int most, int copies, MemoryBudget.Share memory)
            throws IOException {
        long length = announcedLength(request);
        if (length > most) {
            throw tooLarge(most);
        }
        try (InputStream in = open(request)) {
            byte[] body = in.readNBytes((int) Math.min(FIRST_BYTES, length >= 0 ? length : FIRST_BYTES));
            if (body.length == FIRST_BYTES && length != FIRST_BYTES) {
                int end = length >= 0 ? (int) length : most + 1;
                memory.expect((long) copies * end);
                body = readOn(in, body, end, memory);
            }
            if (body.length > most) {
                throw tooLarge(most);
            }
            // The read of nothing tells Helidon that it was all.
            in.read();
            memory.hold((long) copies * body.length);
            return body;
        }
    }

    /// Memory is taken as the bytes arrive: twice as much each time, and in the end just enough.
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

    /// The body's bytes. What is wrong with their framing is the sender's mistake, which Helidon tells in many ways.
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
            // Whether the body comes although it was not asked for, nobody knows.
            return false;
        }
        boolean chunked = request.headers().contains(HeaderNames.TRANSFER_ENCODING);
        boolean little = !chunked && request.headers().contentLength().orElse(0) <= CHEAP_TO_DRAIN;
        return little || request.content().consumed();
    }

    /// The announced length, or -1 when the body is chunked.
    public static long announcedLength(ServerRequest request) {
        if (request.headers().contains(HeaderNames.TRANSFER_ENCODING)) {
            return -1;
        }
        var length = request.headers().contentLength();
        if (length.isEmpty()) {
            throw Problem.of(
                    Status.LENGTH_REQUIRED_411, "The request has no body: send one, with Content-Length or in chunks.");
        }
        return length.getAsLong();
    }

    public static Problem tooLarge(int most) {
        return Problem.of(
                Status.REQUEST_ENTITY_TOO_LARGE_413,
                "The body exceeds " + most
                        + " bytes: send less, or send many documents as application/x-ndjson, whose length has no limit.");
    }
}
