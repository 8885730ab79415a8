package dev.martlet.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;

/// The chunks of a body: [RFC 9112, 7.1](https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding). They
/// are read strictly, and passed on in pieces as small as they arrive.
///
/// Helidon (4.5.0, `Http1Connection.readNextChunk`) holds a whole chunk before it passes on any byte, accepts `+2`
/// as a size, ignores the end of a chunk, and hangs at an extension.
///
/// ```java
/// byte[] forHelidon = chunks.reframed(asReceived);
/// ```
final class Chunks {

    static final String BROKEN =
            "The body's chunks are not framed as this service reads them: send no chunk extensions and no trailers.";
    private static final byte[] LINE_END = {'\r', '\n'};
    /// Digits of a size: 2^60 is longer than anything that arrives.
    private static final int MOST_DIGITS = 15;

    private enum At {
        SIZE,
        SIZE_END,
        DATA,
        DATA_END,
        DATA_END_2,
        LAST_END,
        LAST_END_2,
        BEYOND
    }

    /// The message says nothing of the details, because guessing at wrong framing helps nobody.
    static final class BrokenException extends RuntimeException {
        BrokenException() {
            super("a chunk is not framed as it should be", null, false, false);
        }
    }

    private At at = At.SIZE;
    private long left;
    private int digits;

    /// The same bytes in other chunks, followed by everything that comes after the body.
    ///
    /// @throws BrokenException if they are not chunks, or have extensions or trailers
    byte[] reframed(byte[] bytes) {
        var out = new ByteArrayOutputStream(bytes.length + 32);
        for (int i = 0; i < bytes.length; ) {
            if (at == At.DATA) {
                int length = (int) Math.min(left, bytes.length - i);
                writeChunk(bytes, i, length, out);
                i += length;
                left -= length;
                at = left == 0 ? At.DATA_END : At.DATA;
            } else if (at == At.BEYOND) {
                out.write(bytes, i, bytes.length - i);
                return out.toByteArray();
            } else {
                frame(bytes[i], out);
                i++;
            }
        }
        return out.toByteArray();
    }

    private static void writeChunk(byte[] bytes, int from, int length, ByteArrayOutputStream out) {
        out.writeBytes(Integer.toHexString(length).getBytes(US_ASCII));
        out.writeBytes(LINE_END);
        out.write(bytes, from, length);
        out.writeBytes(LINE_END);
    }

    private void frame(byte b, ByteArrayOutputStream out) {
        at = switch (at) {
            case SIZE -> size(b);
            case SIZE_END -> expect('\n', b, left == 0 ? At.LAST_END : At.DATA);
            case DATA_END -> expect('\r', b, At.DATA_END_2);
            case DATA_END_2 -> expect('\n', b, At.SIZE);
            case LAST_END -> expect('\r', b, At.LAST_END_2);
            case LAST_END_2 -> {
                out.write('0');
                out.writeBytes(LINE_END);
                out.writeBytes(LINE_END);
                yield expect('\n', b, At.BEYOND);
            }
            case DATA, BEYOND -> throw new IllegalStateException();
        };
    }

    private At size(byte b) {
        if (b == '\r' && digits > 0) {
            digits = 0;
            return At.SIZE_END;
        }
        int digit = Character.digit(b, 16);
        if (digit < 0 || digits == MOST_DIGITS) {
            throw new BrokenException();
        }
        left = digits == 0 ? digit : left << 4 | digit;
        digits++;
        return At.SIZE;
    }

    private static At expect(char expected, byte b, At next) {
        if (b != expected) {
            throw new BrokenException();
        }
        return next;
    }
}
