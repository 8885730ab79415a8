package dev.martlet.json;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Optional;

/// Says why a JSON text was refused: what is wrong, where, and the cure. It has no stack trace, because it is an
/// answer to a client and not a fault of the program.
public final class JsonRefusedException extends RuntimeException {
    private final Reason reason;
    private final String message;
    private final transient Optional<Position> position;

    /// The kinds of refusal.
    public enum Reason {
        /// Not JSON by RFC 8259: answered with status 400.
        MALFORMED,
        /// JSON that cannot be stored exactly as it is: answered with status 422.
        UNSTORABLE,
        /// Longer than a document may be: answered with status 413.
        TOO_LONG
    }

    /// A place in the text.
    ///
    /// @param line from 1; a line ends with a line feed
    /// @param column from 1, in characters (Unicode code points)
    /// @param offset from 0, in bytes
    public record Position(long line, long column, long offset) {
        /// The position of the byte at `at`, in a text that starts at `start`. Bad UTF-8 before it is counted byte
        /// by byte.
        static Position of(byte[] utf8, int start, int at) {
            long line = 1;
            long column = 1;
            for (int i = start; i < at; i++) {
                if (utf8[i] == '\n') {
                    line++;
                    column = 1;
                } else if ((utf8[i] & 0xC0) != 0x80) {
                    column++;
                }
            }
            return new Position(line, column, at - (long) start);
        }

        @Override
        public String toString() {
            return "line " + line + ", column " + column + " (byte " + offset + ")";
        }
    }

    private JsonRefusedException(Reason reason, String message, Optional<Position> position) {
        super(message, null, false, false);
        this.reason = reason;
        this.message = message;
        this.position = position;
    }

    static JsonRefusedException malformed(String message, Position position) {
        return new JsonRefusedException(Reason.MALFORMED, message, Optional.of(position));
    }

    static JsonRefusedException unstorable(String message, Position position) {
        return new JsonRefusedException(Reason.UNSTORABLE, message, Optional.of(position));
    }

    static JsonRefusedException unstorable(String message) {
        return new JsonRefusedException(Reason.UNSTORABLE, message, Optional.empty());
    }

    static JsonRefusedException tooLong(int most, Position position) {
        return new JsonRefusedException(
                Reason.TOO_LONG,
                "the document exceeds %d bytes: send a smaller one".formatted(most),
                Optional.of(position));
    }

    /// What a text has at one place, for a message: a word, a character or a byte.
    static String seen(byte[] utf8, int at, int end) {
        if (at >= end) {
            return "the end of the text";
        }
        int to = at;
        while (to < end && to - at < 20 && (utf8[to] | 0x20) >= 'a' && (utf8[to] | 0x20) <= 'z') {
            to++;
        }
        if (to == at && utf8[at] > ' ' && utf8[at] < 0x7F && utf8[at] != '`') {
            to++;
        }
        return to > at
                ? "`" + new String(utf8, at, to - at, US_ASCII) + "`"
                : utf8[at] == '`' ? "a backtick" : "the byte 0x%02X".formatted(utf8[at] & 0xFF);
    }

    /// The same refusal, with the part of the request that it is about.
    ///
    /// @param what the part
    public JsonRefusedException in(String what) {
        return new JsonRefusedException(reason, "in " + what + ": " + message, position);
    }

    /// The same refusal of a text that is not to be stored.
    JsonRefusedException asMalformed() {
        return new JsonRefusedException(Reason.MALFORMED, message, position);
    }

    /// What is wrong, and the cure, without a capital letter and a full stop. [#position()] says where.
    @Override
    public String getMessage() {
        return message;
    }

    /// The kind of refusal.
    public Reason reason() {
        return reason;
    }

    /// Where in the text. Empty if the text is good and its effect is not: a merge patch whose result is too large.
    public Optional<Position> position() {
        return position;
    }
}
