package dev.martlet.json;

/// Well-formed UTF-8 as the Unicode Standard defines it (section 3.9, table 3-7): no overlong forms, no surrogates,
/// nothing beyond U+10FFFF.
final class Utf8 {
    private Utf8() {}

    /// The position of the first ill-formed sequence in `bytes[from, to)`, or `to` if there is none.
    static int illFormedAt(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            if (bytes[at] >= 0) {
                at = asciiEnd(bytes, at, to);
            } else {
                int length = sequenceLength(bytes, at, to);
                if (length < 0) {
                    return at;
                }
                at += length;
            }
        }
        return to;
    }

    private static int asciiEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (to - at >= Long.BYTES && EightBytes.isAscii(EightBytes.get(bytes, at))) {
            at += Long.BYTES;
        }
        while (at < to && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    /// The length of the well-formed sequence of several bytes at `at`. If there is none, the result is negative:
    /// minus the number of bytes that one U+FFFD replaces. These are the longest beginning of a sequence, as the
    /// Unicode Standard recommends.
    static int sequenceLength(byte[] bytes, int at, int to) {
        int lead = bytes[at] & 0xFF;
        if (lead < 0xC2 || lead > 0xF4) {
            return -1;
        }
        int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        int lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        for (int i = 1; i < length; i++) {
            int next = at + i < to ? bytes[at + i] & 0xFF : 0;
            if (next < lowest || next > highest) {
                return -i;
            }
            lowest = 0x80;
            highest = 0xBF;
        }
        return length;
    }

    /// Writes one character.
    static void write(int c, BsonBuffer out) {
        if (c < 0x80) {
            out.int8(c);
        } else if (c < 0x800) {
            out.int8(0xC0 | (c >> 6));
            out.int8(0x80 | (c & 0x3F));
        } else {
            if (c < 0x10000) {
                out.int8(0xE0 | (c >> 12));
            } else {
                out.int8(0xF0 | (c >> 18));
                out.int8(0x80 | ((c >> 12) & 0x3F));
            }
            out.int8(0x80 | ((c >> 6) & 0x3F));
            out.int8(0x80 | (c & 0x3F));
        }
    }
}
