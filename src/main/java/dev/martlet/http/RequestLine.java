package dev.martlet.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.webserver.http.DirectTransportRequest;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Helidon's reader, with request lines by [RFC 9112, 3](https://www.rfc-editor.org/rfc/rfc9112#name-request-line).
/// Helidon (4.5) reads `get` as `GET`, and the target `http://host/data` as a path.
final class RequestLine extends DataReader {

    /// What JSON has and an address cannot have.
    static final String UNENCODED = "{}\"\\";

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

    /// @throws RequestException if the method has lower-case letters, because no method of this service has any, or
    ///     the target has a character that has to be encoded
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
        requireEncoded(line, target);
        if (target >= line.length || line[target] == '/' || line[target] == '*') {
            return line;
        }
        return withoutAuthority(line, target);
    }

    /// Helidon refuses such an address too, but then nobody knows any more what was in it.
    ///
    /// @throws RequestException if the target has a character of [#UNENCODED], which is then the last of its path
    private static void requireEncoded(byte[] line, int target) {
        for (int i = target; i < line.length && line[i] != ' '; i++) {
            if (UNENCODED.indexOf(line[i]) >= 0) {
                String method = new String(line, 0, target - 1, US_ASCII);
                String upToIt = new String(line, target, i + 1 - target, US_ASCII);
                throw RequestException.builder()
                        .type(DirectHandler.EventType.BAD_REQUEST)
                        .request(DirectTransportRequest.create("", method, upToIt))
                        .message("the address has a character that has to be encoded")
                        .build();
            }
        }
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
