package dev.martlet.json;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.bson.BsonSerializationException;
import org.bson.RawBsonDocument;
import org.bson.types.Decimal128;

/// Writes BSON documents as JSON bytes: one document, or a stream of them. Its buffer grows and is used again.
///
/// ```java
/// JsonWriter json = new JsonWriter();
/// json.raw((byte) '[');
/// json.document(document);
/// json.raw((byte) ']');
/// json.drainTo(stream);
/// ```
///
/// - A number keeps its value to the last digit. A double has a fraction or an exponent (`5.0`), so that it is read
///   as a double again.
/// - An ObjectId becomes its hexadecimal digits.
/// - A value that JSON has no form for becomes relaxed Extended JSON v2.
/// - Bytes of a string that are not UTF-8 become U+FFFD.
/// - A name that appears twice is written twice.
///
/// The output is JSON, whatever MongoDB has stored, at any depth.
///
/// Not safe for use by several threads at once.
public final class JsonWriter {
    /// The end of a scope that is part of code with scope: it closes both.
    private static final char SCOPE = 'S';

    private final JsonBuffer out;
    /// Where the open documents and arrays end, and with what: '}', ']' or [#SCOPE].
    private int[] ends = new int[16];
    private byte[] closings = new byte[16];
    private int depth;

    /// A writer that keeps everything until it is asked for it.
    public JsonWriter() {
        this.out = new JsonBuffer();
    }

    /// A writer that hands over its bytes to `stream` when there are `most`, also in the middle of a document.
    public JsonWriter(OutputStream stream, int most) {
        this.out = new JsonBuffer(stream, most);
    }

    /// Writes one document.
    ///
    /// @throws BsonSerializationException when its bytes are not BSON; then nothing has been added to the buffer,
    ///                                    unless a part has been handed over already
    /// @throws UncheckedIOException       when a part cannot be handed over
    public void document(RawBsonDocument document) {
        int size = out.size();
        byte[] bson = document.getBackingArray();
        int from = document.getByteOffset();
        int to = from + document.getByteLength();
        try {
            if (Bson.documentEnd(bson, from, to) != to) {
                throw Bson.corrupt("a document has a wrong length");
            }
            depth = 0;
            out.expect(to - from);
            open('{', '}', to);
            elements(bson, from + 4);
        } catch (BsonSerializationException e) {
            out.truncate(Math.min(size, out.size()));
            throw e;
        }
    }

    /// Writes one ASCII character as it is: a bracket, a comma, a line feed.
    public void raw(byte c) {
        out.raw(c);
    }

    /// How many bytes have been written since the last [#drainTo(OutputStream)].
    public int size() {
        return out.size();
    }

    /// Forgets all of these bytes but the first `size`.
    public void truncate(int size) {
        out.truncate(size);
    }

    /// A copy of these bytes.
    public byte[] toByteArray() {
        return out.toByteArray();
    }

    /// Writes these bytes to `stream` at once, and forgets them.
    public void drainTo(OutputStream stream) throws IOException {
        out.drainTo(stream);
    }

    private void open(char opening, char closing, int end) {
        if (depth == ends.length) {
            ends = Arrays.copyOf(ends, 2 * depth);
            closings = Arrays.copyOf(closings, 2 * depth);
        }
        ends[depth] = end;
        closings[depth++] = (byte) closing;
        out.raw(opening);
    }

    /// Writes the elements from `at` to the end of the document. It is a loop, because other clients may have
    /// nested documents to any depth.
    private void elements(byte[] bson, int from) {
        int at = from;
        boolean first = true;
        while (depth > 0) {
            int zero = ends[depth - 1] - 1;
            int type = bson[at++] & 0xFF;
            if (type == 0) {
                if (at <= zero) {
                    throw Bson.corrupt("a document ends too early");
                }
                close();
                first = false;
                continue;
            }
            if (!first) {
                out.raw(',');
            }
            out.spill();
            int nameEnd = closings[depth - 1] == ']' ? Bson.nameEnd(bson, at, zero) : out.name(bson, at, zero);
            at = value(type, bson, nameEnd + 1, zero);
            first = type == Bson.DOCUMENT || type == Bson.ARRAY || type == Bson.CODE_WITH_SCOPE;
        }
    }

    private void close() {
        byte closing = closings[--depth];
        if (closing == SCOPE) {
            out.raw("}}");
        } else {
            out.raw(closing);
        }
    }

    /// Writes a value; for a document or array, only its beginning. Returns where to continue.
    private int value(int type, byte[] bson, int at, int limit) {
        return switch (type) {
            case Bson.STRING -> {
                int end = Bson.stringEnd(bson, at, limit);
                out.string(bson, at + 4, end - 1);
                yield end;
            }
            case Bson.INT32 -> {
                int end = Bson.end(at, 4, limit);
                out.number(Bson.int32(bson, at));
                yield end;
            }
            case Bson.DOCUMENT -> {
                open('{', '}', Bson.documentEnd(bson, at, limit));
                yield at + 4;
            }
            case Bson.ARRAY -> {
                open('[', ']', Bson.documentEnd(bson, at, limit));
                yield at + 4;
            }
            case Bson.CODE_WITH_SCOPE -> {
                int end = Bson.valueEnd(type, bson, at, limit);
                int codeEnd = Bson.stringEnd(bson, at + 4, end);
                out.raw("{\"$code\":");
                out.string(bson, at + 8, codeEnd - 1);
                out.raw(",\"$scope\":");
                open('{', SCOPE, end);
                yield codeEnd + 4;
            }
            default -> {
                int end = Bson.valueEnd(type, bson, at, limit);
                scalar(type, bson, at, end);
                yield end;
            }
        };
    }

    private void scalar(int type, byte[] bson, int at, int end) {
        switch (type) {
            case Bson.INT64 -> out.number(Bson.int64(bson, at));
            case Bson.DOUBLE -> number(Double.longBitsToDouble(Bson.int64(bson, at)));
            case Bson.BOOLEAN -> out.raw(bson[at] == 0 ? "false" : "true");
            case Bson.NULL -> out.raw("null");
            case Bson.OBJECT_ID -> {
                out.raw('"');
                out.hex(bson, at, end);
                out.raw('"');
            }
            case Bson.DECIMAL128 ->
                number(Decimal128.fromIEEE754BIDEncoding(Bson.int64(bson, at + 8), Bson.int64(bson, at)));
            default -> ExtendedJson.write(type, bson, at, end, out);
        }
    }

    private void number(double value) {
        double magnitude = Math.abs(value);
        // Most doubles that people write: at most six decimals, and no exponent in `Double.toString`. It has at
        // most 13 digits, and no other decimal that short is the same double. So this is the shortest form, as is
        // that of `Double.toString`.
        if (magnitude >= 1e-3 && magnitude < 1e7) {
            long millionths = Math.round(value * 1e6);
            if (millionths / 1e6 == value) {
                out.millionths(millionths);
                return;
            }
        }
        if (Double.isFinite(value)) {
            out.raw(Double.toString(value));
        } else {
            ExtendedJson.notFinite("$numberDouble", Double.toString(value), out);
        }
    }

    private void number(Decimal128 value) {
        if (value.isFinite()) {
            out.raw(value.toString());
        } else {
            ExtendedJson.notFinite("$numberDecimal", value.toString(), out);
        }
    }
}
