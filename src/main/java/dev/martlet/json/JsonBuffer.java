package dev.martlet.json;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/// A growing array for JSON. It holds valid UTF-8, whatever comes in.
final class JsonBuffer {
    /// A larger array, which one large document needed, is not kept for the next document.
    private static final int KEPT_BYTES = 256 * 1024;
    /// What a string can take beyond its characters: two quotes, an escape, and up to eight bytes that are
    /// overwritten later.
    private static final int STRING_BYTES = 2 + 6 + Long.BYTES;
    private static final int USUAL_NAME_BYTES = 64;
    /// The longest long, with its sign.
    private static final int LONG_BYTES = 20;
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private final OutputStream sink;
    private final int most;
    private byte[] bytes = {};
    private int size;

    JsonBuffer() {
        this(OutputStream.nullOutputStream(), Integer.MAX_VALUE);
    }

    /// @param sink gets the bytes as soon as there are `most`, wherever that is, when [#spill] is called
    JsonBuffer(OutputStream sink, int most) {
        this.sink = sink;
        this.most = most;
    }

    /// Hands over what there is, if it is enough.
    void spill() {
        if (size >= most) {
            try {
                drainTo(sink);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

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
            bytes = new byte[0];
        }
    }

    /// Makes room for as many more bytes as will be there at once, if `count` more come.
    void expect(int count) {
        reserve(Math.min(count, most));
    }

    /// Makes room for `count` more bytes.
    void reserve(int count) {
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

    void hex(byte[] source, int from, int to) {
        for (int at = from; at < to; ) {
            spill();
            int end = pieceEnd(at, to);
            reserve(2 * (end - at));
            for (; at < end; at++) {
                bytes[size++] = HEX[(source[at] >> 4) & 0xF];
                bytes[size++] = HEX[source[at] & 0xF];
            }
        }
    }

    private int pieceEnd(int from, int to) {
        return to - from > most ? from + most : to;
    }

    void number(long value) {
        reserve(LONG_BYTES);
        if (value < 0) {
            bytes[size++] = '-';
        }
        // Negative, because Long.MIN_VALUE has no positive counterpart.
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

    /// Writes a number of millionths as a decimal with at least one digit after its point.
    void millionths(long value) {
        reserve(LONG_BYTES + 1);
        long magnitude = Math.abs(value);
        if (value < 0) {
            bytes[size++] = '-';
        }
        number(magnitude / 1_000_000);
        bytes[size++] = '.';
        int rest = (int) (magnitude % 1_000_000);
        do {
            bytes[size++] = (byte) ('0' + rest / 100_000);
            rest = rest % 100_000 * 10;
        } while (rest != 0);
    }

    /// Writes the member name that begins at `from` and ends with a zero before `limit`, and a colon.
    ///
    /// @return the position of the zero
    int name(byte[] source, int from, int limit) {
        // Nearly every name is short and plain. So it is copied before its end is known: a zero is not a plain
        // character.
        int to = Math.min(limit, from + USUAL_NAME_BYTES);
        reserve(USUAL_NAME_BYTES + STRING_BYTES);
        int start = size;
        bytes[size++] = '"';
        int at = plain(source, from, to, EightBytes.NOT_ASCII);
        if (at < to && source[at] == 0) {
            bytes[size++] = '"';
            bytes[size++] = ':';
            return at;
        }
        size = start;
        int end = Bson.nameEnd(source, from, limit);
        string(source, from, end);
        raw(':');
        return end;
    }

    /// Writes `source[from, to)` as a JSON string. Bytes that are not UTF-8 become U+FFFD.
    void string(byte[] source, int from, int to) {
        int end = pieceEnd(from, to);
        reserve(end - from + STRING_BYTES);
        bytes[size++] = '"';
        int at = plain(source, from, end, EightBytes.NOT_ASCII);
        // Most strings end here. For the others, everything before `sound` is UTF-8.
        int sound = at;
        while (at < to) {
            spill();
            end = pieceEnd(at, to);
            reserve(end - at + STRING_BYTES);
            if (at == sound) {
                sound = Utf8.illFormedAt(source, at, to);
            }
            if (at == sound) {
                replacementCharacter();
                at -= Utf8.sequenceLength(source, at, to);
                sound = at;
            } else {
                end = Math.min(end, sound);
                at = plain(source, at, end, 0);
                if (at < end) {
                    escape(source[at++]);
                }
            }
        }
        bytes[size++] = '"';
    }

    /// Copies plain characters, for which there is room, and returns the position of the first other one.
    private int plain(byte[] source, int from, int to, long others) {
        byte[] target = bytes;
        int shift = size - from;
        int at = from;
        // Bytes behind the string are read and even copied: later writes replace them.
        int inArray = Math.min(to, source.length - Long.BYTES + 1);
        while (at < inArray) {
            long eight = EightBytes.get(source, at);
            EightBytes.set(target, at + shift, eight);
            int count = EightBytes.plain(eight, others);
            at += count;
            if (count < Long.BYTES) {
                break;
            }
        }
        if (at >= inArray) {
            while (at < to && EightBytes.plain(source[at] & 0xFFL, others) > 0) {
                target[at + shift] = source[at];
                at++;
            }
        }
        at = Math.min(at, to);
        size = at + shift;
        return at;
    }

    private void replacementCharacter() {
        bytes[size++] = (byte) 0xEF;
        bytes[size++] = (byte) 0xBF;
        bytes[size++] = (byte) 0xBD;
    }

    private void escape(byte c) {
        bytes[size++] = '\\';
        int simple =
                switch (c) {
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
