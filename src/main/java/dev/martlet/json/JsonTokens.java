package dev.martlet.json;

import dev.martlet.json.JsonRefusedException.Position;

/// The tokens of one JSON text by the grammar of RFC 8259, without exception or extension. The caller looks at the
/// next token's first byte and then says what it wants to read there.
final class JsonTokens {
    /// What [#peek()] returns at the end of the text.
    static final int END = -1;
    /// What a value can be.
    static final String VALUES = "JSON has strings in double quotes, numbers, objects, arrays, true, false and null";

    private final byte[] text;
    private final int start;
    private final int end;
    private int at;

    JsonTokens(byte[] utf8, int offset, int length) {
        text = utf8;
        start = offset;
        end = offset + length;
        at = offset;
        if (length >= 3 && text[at] == (byte) 0xEF && text[at + 1] == (byte) 0xBB && text[at + 2] == (byte) 0xBF) {
            throw malformed("the text begins with a byte order mark: omit it", at);
        }
        int illFormed = Utf8.illFormedAt(text, start, end);
        if (illFormed < end) {
            throw malformed("%s is not UTF-8: encode the text as UTF-8".formatted(seen(illFormed)), illFormed);
        }
    }

    byte[] text() {
        return text;
    }

    /// The position of the next byte.
    int at() {
        return at;
    }

    /// Skips white space and returns the byte after it, or [#END].
    int peek() {
        while (at < end) {
            byte c = text[at];
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return c & 0xFF;
            }
            at++;
        }
        return END;
    }

    /// Skips the byte that [#peek()] has just returned.
    void skip() {
        at++;
    }

    /// Skips `wanted`, which must come next.
    void expect(char wanted, String after) {
        if (peek() != wanted) {
            throw malformed("expected `%c` %s, found %s".formatted(wanted, after, seen(at)), at);
        }
        at++;
    }

    /// Skips a comma and returns true, or skips `closing` and returns false.
    boolean commaOr(char closing) {
        int c = peek();
        if (c != ',' && c != closing) {
            throw malformed("expected `,` or `%c`, found %s".formatted(closing, seen(at)), at);
        }
        at++;
        return c == ',';
    }

    /// Makes sure that only white space is left.
    void expectEnd() {
        if (peek() != END) {
            throw malformed("expected nothing after the value, found %s".formatted(seen(at)), at);
        }
    }

    /// Reads a string and writes its characters, as UTF-8, without quotes, length or closing zero.
    void string(BsonBuffer out, boolean zeroAllowed) {
        int opening = at++;
        while (true) {
            plain(out);
            if (at == end) {
                throw malformed("a string has no closing quote", opening);
            }
            byte c = text[at];
            if (c == '"') {
                at++;
                return;
            }
            if (c != '\\') {
                throw malformed(
                        "a string contains %s: write it as an escape such as \\n or \\u0001".formatted(seen(at)), at);
            }
            escape(out, zeroAllowed);
        }
    }

    /// Copies plain characters.
    private void plain(BsonBuffer out) {
        while (end - at >= Long.BYTES) {
            long eight = EightBytes.get(text, at);
            int count = EightBytes.plain(eight, 0);
            out.eight(eight, count);
            at += count;
            if (count < Long.BYTES) {
                return;
            }
        }
        while (at < end && text[at] != '"' && text[at] != '\\' && (text[at] >= ' ' || text[at] < 0)) {
            out.int8(text[at++]);
        }
    }

    private void escape(BsonBuffer out, boolean zeroAllowed) {
        int backslash = at;
        int c = at + 1 < end ? text[at + 1] : END;
        int simple =
                switch (c) {
                    case '"', '\\', '/' -> c;
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case 'u' -> -1;
                    default ->
                        throw malformed(
                                "a backslash is followed by %s: the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u"
                                        .formatted(seen(at + 1)),
                                at);
                };
        if (simple >= 0) {
            at += 2;
            out.int8(simple);
            return;
        }
        int unit = hex4(at + 2);
        at += 6;
        if (unit == 0 && !zeroAllowed) {
            throw unstorable(
                    "a member name contains the character U+0000, which BSON cannot hold: choose another name",
                    backslash);
        }
        if (Character.isSurrogate((char) unit)) {
            boolean paired =
                    Character.isHighSurrogate((char) unit) && end - at >= 6 && text[at] == '\\' && text[at + 1] == 'u';
            int low = paired ? hex4(at + 2) : 0;
            if (!Character.isLowSurrogate((char) low)) {
                throw unstorable(
                        "\\u%04x is half of a surrogate pair: send both halves, or neither".formatted(unit), backslash);
            }
            at += 6;
            unit = Character.toCodePoint((char) unit, (char) low);
        }
        Utf8.write(unit, out);
    }

    private int hex4(int from) {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < end ? Character.digit(text[i], 16) : -1;
            if (digit < 0) {
                throw malformed("\\u needs four hexadecimal digits, found %s".formatted(seen(i)), i);
            }
            value = (value << 4) | digit;
        }
        return value;
    }

    /// Skips a number, which lies between the old and the new [#at()].
    void number() {
        if (text[at] == '-') {
            at++;
        }
        if (at < end && text[at] == '0') {
            at++;
            if (at < end && isDigit(text[at])) {
                throw malformed("a number begins with a needless 0: omit it", at - 1);
            }
        } else {
            digits();
        }
        if (at < end && text[at] == '.') {
            at++;
            digits();
        }
        if (at < end && (text[at] == 'e' || text[at] == 'E')) {
            at++;
            if (at < end && (text[at] == '+' || text[at] == '-')) {
                at++;
            }
            digits();
        }
    }

    private void digits() {
        int from = at;
        while (at < end && isDigit(text[at])) {
            at++;
        }
        if (at == from) {
            throw malformed("expected a digit, found %s".formatted(seen(at)), at);
        }
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }

    /// Skips `true`, `false` or `null`.
    void literal(String literal) {
        for (int i = 0; i < literal.length(); i++) {
            if (at + i == end || text[at + i] != literal.charAt(i)) {
                throw malformed("expected `%s`, found %s".formatted(literal, seen(at)), at + i);
            }
        }
        at += literal.length();
    }

    /// Something else comes next.
    JsonRefusedException expected(String what, String cure) {
        return malformed("expected %s, found %s: %s".formatted(what, seen(at), cure), at);
    }

    JsonRefusedException malformed(String message, int at) {
        return JsonRefusedException.malformed(message, Position.of(text, start, at));
    }

    JsonRefusedException tooLong(int most, int from) {
        return JsonRefusedException.tooLong(most, Position.of(text, start, from));
    }

    JsonRefusedException unstorable(String message, int at) {
        return JsonRefusedException.unstorable(message, Position.of(text, start, at));
    }

    private String seen(int at) {
        return JsonRefusedException.seen(text, at, end);
    }
}
