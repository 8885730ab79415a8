package dev.martlet.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.bson.BsonSerializationException;

/// What a reader needs of the BSON format: the type bytes, and where each value ends.
///
/// @see <a href="https://bsonspec.org/spec.html">BSON</a>
final class Bson {
    static final int DOUBLE = 0x01;
    static final int STRING = 0x02;
    static final int DOCUMENT = 0x03;
    static final int ARRAY = 0x04;
    static final int BINARY = 0x05;
    static final int UNDEFINED = 0x06;
    static final int OBJECT_ID = 0x07;
    static final int BOOLEAN = 0x08;
    static final int DATE = 0x09;
    static final int NULL = 0x0A;
    static final int REGEX = 0x0B;
    static final int DB_POINTER = 0x0C;
    static final int CODE = 0x0D;
    static final int SYMBOL = 0x0E;
    static final int CODE_WITH_SCOPE = 0x0F;
    static final int INT32 = 0x10;
    static final int TIMESTAMP = 0x11;
    static final int INT64 = 0x12;
    static final int DECIMAL128 = 0x13;
    static final int MAX_KEY = 0x7F;
    static final int MIN_KEY = 0xFF;

    /// Length and closing zero of an empty document.
    private static final int EMPTY_DOCUMENT = 5;

    private static final VarHandle INT32_VIEW =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Bson() {}

    static int int32(byte[] bson, int at) {
        return (int) INT32_VIEW.get(bson, at);
    }

    static void int32(byte[] bson, int at, int value) {
        INT32_VIEW.set(bson, at, value);
    }

    static long int64(byte[] bson, int at) {
        return EightBytes.get(bson, at);
    }

    /// The position of the zero that ends the name at `at`.
    static int nameEnd(byte[] bson, int from, int limit) {
        int at = from;
        while (limit - at >= Long.BYTES) {
            int count = EightBytes.beforeZero(EightBytes.get(bson, at));
            at += count;
            if (count < Long.BYTES) {
                return at;
            }
        }
        while (at < limit && bson[at] != 0) {
            at++;
        }
        if (at == limit) {
            throw corrupt("a name does not end");
        }
        return at;
    }

    /// The end of the value of this type at `at`. It is checked to be at most `limit`, so that everything up to it
    /// can be read.
    static int valueEnd(int type, byte[] bson, int at, int limit) {
        return switch (type) {
            case STRING, CODE, SYMBOL -> stringEnd(bson, at, limit);
            case DOCUMENT, ARRAY -> documentEnd(bson, at, limit);
            case BINARY -> end(at, 5L + length(bson, at, limit), 5, limit);
            case REGEX -> nameEnd(bson, nameEnd(bson, at, limit) + 1, limit) + 1;
            case DB_POINTER -> end(stringEnd(bson, at, limit), 12, limit);
            case CODE_WITH_SCOPE -> codeWithScopeEnd(bson, at, limit);
            case UNDEFINED, NULL, MIN_KEY, MAX_KEY -> at;
            case BOOLEAN -> end(at, 1, limit);
            case INT32 -> end(at, 4, limit);
            case DOUBLE, DATE, TIMESTAMP, INT64 -> end(at, 8, limit);
            case OBJECT_ID -> end(at, 12, limit);
            case DECIMAL128 -> end(at, 16, limit);
            default -> throw corrupt("type 0x%02X does not exist".formatted(type));
        };
    }

    /// The end of a value of a fixed length.
    static int end(int at, int length, int limit) {
        if (length > limit - at) {
            throw corrupt("a value is cut off");
        }
        return at + length;
    }

    static int stringEnd(byte[] bson, int at, int limit) {
        return zeroEnd(bson, at, 4L + length(bson, at, limit), 5, limit);
    }

    static int documentEnd(byte[] bson, int at, int limit) {
        return zeroEnd(bson, at, length(bson, at, limit), EMPTY_DOCUMENT, limit);
    }

    private static int zeroEnd(byte[] bson, int at, long length, int least, int limit) {
        int end = end(at, length, least, limit);
        if (bson[end - 1] != 0) {
            throw corrupt("a string or document has no zero at its end");
        }
        return end;
    }

    private static int end(int at, long length, int least, int limit) {
        if (length < least || length > limit - at) {
            throw corrupt("a length is wrong");
        }
        return at + (int) length;
    }

    private static int codeWithScopeEnd(byte[] bson, int at, int limit) {
        int end = documentEnd(bson, stringEnd(bson, end(at, 4, limit), limit), limit);
        if (end - at != int32(bson, at)) {
            throw corrupt("a length is wrong");
        }
        return end;
    }

    private static int length(byte[] bson, int at, int limit) {
        end(at, 4, limit);
        return int32(bson, at);
    }

    /// What to throw for bytes that no MongoDB stores. It is the server's fault, never the client's.
    static BsonSerializationException corrupt(String what) {
        return new BsonSerializationException("not BSON: " + what);
    }
}
