package dev.martlet.json;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// A growing array that JSON is written into, as UTF-8 whatever comes in.
final class JsonBuffer {
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = ONES << 7;
    private static final int INITIAL_BYTES = 1024;
    /// An array that one large document has made larger than this is not kept for the next.
    private static final int KEPT_BYTES = 256 * 1024;
    /// The longest escape, `\u0000`.
    private static final int ESCAPE_BYTES = 6;
    /// The longest long, with its sign.
    private static final int LONG_BYTES = 20;
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private byte[] bytes = new byte[INITIAL_BYTES];
    private int size;

    int size() {
        return size;
    }

    void truncate(int at) {
        size = at;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    void drainTo(OutputStream stream) throws IOException {
        stream.write(bytes, 0, size);
        size = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[INITIAL_BYTES];
        }
    }

    private void reserve(int count) {
        if (count > bytes.length - size) {
            bytes = Arrays.copyOf(bytes, Math.max(size + count, 2 * bytes.length));
        }
    }

    void raw(int b) {
        reserve(1);
        bytes[size++] = (byte) b;
    }

    /// Writes ASCII as it is.
    void raw(String ascii) {
        int length = ascii.length();
        reserve(length);
        for (int i = 0; i < length; i++) {
            bytes[size + i] = (byte) ascii.charAt(i);
        }
        size += length;
    }

    void hex(byte[] source, int from, int length) {
        reserve(2 * length);
        for (int i = from; i < from + length; i++) {
            bytes[size++] = HEX[(source[i] >> 4) & 0xF];
            bytes[size++] = HEX[source[i] & 0xF];
        }
    }

    void number(long value) {
        reserve(LONG_BYTES);
        if (value < 0) {
            bytes[size++] = '-';
        }
        // Negative, because there is one more of these: Long.MIN_VALUE has no positive counterpart.
        long rest = value < 0 ? value : -value;
        int digits = 1;
        for (long power = -10; digits < 19 && rest <= power; power *= 10) {
            digits++;
        }
        size += digits;
        int at = size;
        do {
            bytes[--at] = (byte) ('0' - rest % 10);
            rest /= 10;
        } while (rest != 0);
    }

    /// Writes `source[from, to)` as a JSON string; what is not UTF-8 in it becomes U+FFFD.
    void string(byte[] source, int from, int to) {
        reserve(to - from + 2);
        bytes[size++] = '"';
        int at = from;
        while ((at = plain(source, at, to)) < to) {
            reserve(ESCAPE_BYTES + to - at + 1);
            byte c = source[at];
            if (c >= 0) {
                escape(c);
                at++;
            } else {
                int length = Utf8.sequenceLength(source, at, to);
                if (length > 0) {
                    System.arraycopy(source, at, bytes, size, length);
                    size += length;
                    at += length;
                } else {
                    bytes[size++] = (byte) 0xEF;
                    bytes[size++] = (byte) 0xBF;
                    bytes[size++] = (byte) 0xBD;
                    at -= length;
                }
            }
        }
        bytes[size++] = '"';
    }

    /// Copies characters that stand for themselves, for which there is room, and answers where the first other one is.
    private int plain(byte[] source, int from, int to) {
        int at = from;
        int target = size;
        while (to - at >= Long.BYTES) {
            long eight = (long) EIGHT.get(source, at);
            if (hasOther(eight)) {
                break;
            }
            EIGHT.set(bytes, target, eight);
            at += Long.BYTES;
            target += Long.BYTES;
        }
        while (at < to && source[at] >= ' ' && source[at] != '"' && source[at] != '\\') {
            bytes[target++] = source[at++];
        }
        size = target;
        return at;
    }

    /// Whether one of eight characters is a control character, a quote, a backslash, or not ASCII.
    private static boolean hasOther(long eight) {
        long quote = eight ^ ('"' * ONES);
        long backslash = eight ^ ('\\' * ONES);
        return ((eight | (eight - ' ' * ONES) | (quote - ONES) | (backslash - ONES)) & HIGH_BITS) != 0;
    }

    private void escape(byte c) {
        bytes[size++] = '\\';
        int simple = switch (c) {
            case '"', '\\' -> c;
            case '\b' -> 'b';
            case '\f' -> 'f';
            case '\n' -> 'n';
            case '\r' -> 'r';
            case '\t' -> 't';
            default -> 'u';
        };
        bytes[size++] = (byte) simple;
        if (simple == 'u') {
            bytes[size++] = '0';
            bytes[size++] = '0';
            bytes[size++] = HEX[c >> 4];
            bytes[size++] = HEX[c & 0xF];
        }
    }
}
