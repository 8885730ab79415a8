package dev.martlet.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;

/// Writes values that JSON has no form for, as relaxed Extended JSON v2. Only other clients store such values.
///
/// @see <a
/// href="https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md">Extended
/// JSON</a>
final class ExtendedJson {
    /// At a time: a multiple of three, so that nothing is padded but the end.
    private static final int BASE64_BYTES = 24 << 10;
    /// The first millisecond of the year 10000.
    private static final long YEAR_10000 =
            Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli() + 1;
    private static final int OLD_BINARY = 0x02;

    private ExtendedJson() {}

    /// Writes the value `bson[at, end)`, which [Bson#valueEnd] has checked.
    static void write(int type, byte[] bson, int at, int end, JsonBuffer out) {
        switch (type) {
            case Bson.DATE -> date(Bson.int64(bson, at), out);
            case Bson.BINARY -> binary(bson, at, end, out);
            case Bson.REGEX -> regex(bson, at, end, out);
            case Bson.TIMESTAMP -> timestamp(bson, at, out);
            case Bson.DB_POINTER -> dbPointer(bson, at, end, out);
            case Bson.SYMBOL -> wrapped("$symbol", bson, at, end, out);
            case Bson.CODE -> wrapped("$code", bson, at, end, out);
            case Bson.UNDEFINED -> out.raw("{\"$undefined\":true}");
            case Bson.MIN_KEY -> out.raw("{\"$minKey\":1}");
            case Bson.MAX_KEY -> out.raw("{\"$maxKey\":1}");
            default -> throw Bson.corrupt("type 0x%02X does not exist".formatted(type));
        }
    }

    /// Writes NaN or an infinity.
    static void notFinite(String type, String value, JsonBuffer out) {
        out.raw("{\"" + type + "\":\"" + value + "\"}");
    }

    private static void wrapped(String name, byte[] bson, int at, int end, JsonBuffer out) {
        out.raw("{\"" + name + "\":");
        out.string(bson, at + 4, end - 1);
        out.raw('}');
    }

    private static void date(long millis, JsonBuffer out) {
        if (millis >= 0 && millis < YEAR_10000) {
            out.raw("{\"$date\":\"" + Instant.ofEpochMilli(millis) + "\"}");
        } else {
            out.raw("{\"$date\":{\"$numberLong\":\"" + millis + "\"}}");
        }
    }

    private static void binary(byte[] bson, int at, int end, JsonBuffer out) {
        int subType = bson[at + 4] & 0xFF;
        int from = at + 5;
        // The old form repeats the length inside the value.
        if (subType == OLD_BINARY && end - from >= 4 && Bson.int32(bson, from) == end - from - 4) {
            from += 4;
        }
        out.raw("{\"$binary\":{\"base64\":\"");
        for (int next; from < end; from = next) {
            out.spill();
            next = Math.min(end, from + BASE64_BYTES);
            out.raw(new String(Base64.getEncoder().encode(Arrays.copyOfRange(bson, from, next)), ISO_8859_1));
        }
        out.raw("\",\"subType\":\"");
        out.hex(bson, at + 4, at + 5);
        out.raw("\"}}");
    }

    private static void regex(byte[] bson, int at, int end, JsonBuffer out) {
        int patternEnd = Bson.nameEnd(bson, at, end);
        byte[] options = Arrays.copyOfRange(bson, patternEnd + 1, end - 1);
        Arrays.sort(options);
        out.raw("{\"$regularExpression\":{\"pattern\":");
        out.string(bson, at, patternEnd);
        out.raw(",\"options\":");
        out.string(options, 0, options.length);
        out.raw("}}");
    }

    private static void timestamp(byte[] bson, int at, JsonBuffer out) {
        out.raw("{\"$timestamp\":{\"t\":" + Integer.toUnsignedString(Bson.int32(bson, at + 4)) + ",\"i\":"
                + Integer.toUnsignedString(Bson.int32(bson, at)) + "}}");
    }

    private static void dbPointer(byte[] bson, int at, int end, JsonBuffer out) {
        out.raw("{\"$dbPointer\":{\"$ref\":");
        out.string(bson, at + 4, end - 13);
        out.raw(",\"$id\":{\"$oid\":\"");
        out.hex(bson, end - 12, end);
        out.raw("\"}}}");
    }
}
