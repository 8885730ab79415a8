package dev.martlet.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Helidon's reader, with request lines by [RFC 9112, 3](https://www.rfc-editor.org/rfc/rfc9112#name-request-line).
/// Helidon (4.5) reads `get` as `GET`, and the target `http://host/data` as a path.
final class RequestLine extends DataReader {

    private final BooleanSupplier expected;

    /// @param expected whether a request line comes next
    @SuppressWarnings("removal") // The constructor will become less visible, but there is no other way to see the line.
    RequestLine(Supplier<byte[]> bytes, BooleanSupplier expected) {
        super(bytes);
        this.expected = expected;
    }

    @Override
    public byte[] readBytes(int length) {
        byte[] bytes = super.readBytes(length);
        return expected.getAsBoolean() ? inOriginForm(bytes) : bytes;
    }

    /// @throws RequestException if the method has lower-case letters: no method of this service has any
    static byte[] inOriginForm(byte[] line) {
        int target = 0;
        while (target < line.length && line[target] != ' ') {
            if (line[target] >= 'a' && line[target] <= 'z') {
                throw RequestException.builder()
                        .type(DirectHandler.EventType.BAD_REQUEST)
                        .message("the method has lower-case letters")
                        .build();
            }
            target++;
        }
        target++;
        if (target >= line.length || line[target] == '/' || line[target] == '*') {
            return line;
        }
        return withoutAuthority(line, target);
    }

    private static byte[] withoutAuthority(byte[] line, int target) {
        String text = new String(line, US_ASCII);
        int authority = text.indexOf("://", target) + "://".length();
        boolean absolute = text.startsWith("http://", target) || text.startsWith("https://", target);
        if (!absolute || authority == line.length || "/? ".indexOf(text.charAt(authority)) >= 0) {
            return line;
        }
        int path = authority;
        while (path < line.length && "/? ".indexOf(text.charAt(path)) < 0) {
            path++;
        }
        String slash = path < line.length && text.charAt(path) == '/' ? "" : "/";
        return (text.substring(0, target) + slash + text.substring(path)).getBytes(US_ASCII);
    }
}
