package dev.martlet.json;

import org.bson.BsonSerializationException;

/// The BSON format as far as reading it needs: the type bytes, and where each value ends. See https://bsonspec.org/spec.html.
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

    private Bson() {}

    static int int32(byte[] bson, int at) {
        return (bson[at] & 0xFF) | (bson[at + 1] & 0xFF) << 8 | (bson[at + 2] & 0xFF) << 16 | bson[at + 3] << 24;
    }

    static long int64(byte[] bson, int at) {
        return (int32(bson, at) & 0xFFFF_FFFFL) | (long) int32(bson, at + 4) << 32;
    }

    /// Where the zero is that ends the name at `at`.
    static int nameEnd(byte[] bson, int at, int limit) {
        for (int i = at; i < limit; i++) {
            if (bson[i] == 0) {
                return i;
            }
        }
        throw corrupt("a name does not end");
    }

    /// Where the value of this type at `at` ends, which is checked to be at most `limit`: whatever lies between may be read then.
    static int valueEnd(int type, byte[] bson, int at, int limit) {
        long end = at + switch (type) {
            case UNDEFINED, NULL, MIN_KEY, MAX_KEY -> 0L;
            case BOOLEAN -> 1;
            case INT32 -> 4;
            case DOUBLE, DATE, TIMESTAMP, INT64 -> 8;
            case OBJECT_ID -> 12;
            case DECIMAL128 -> 16;
            case STRING, CODE, SYMBOL -> stringLength(bson, at, limit);
            case DOCUMENT, ARRAY -> documentLength(bson, at, limit);
            case BINARY -> binaryLength(bson, at, limit);
            case REGEX -> nameEnd(bson, nameEnd(bson, at, limit) + 1, limit) + 1L - at;
            case DB_POINTER -> stringLength(bson, at, limit) + 12;
            case CODE_WITH_SCOPE -> codeWithScopeLength(bson, at, limit);
            default -> throw corrupt("type 0x%02X does not exist".formatted(type));
        };
        if (end > limit) {
            throw corrupt("a value is longer than what it is in");
        }
        return (int) end;
    }

    private static long stringLength(byte[] bson, int at, int limit) {
        return checked(bson, at, limit, 4L + length(bson, at, limit), 5);
    }

    private static long documentLength(byte[] bson, int at, int limit) {
        return checked(bson, at, limit, length(bson, at, limit), EMPTY_DOCUMENT);
    }

    /// Strings and documents: both end with a zero.
    private static long checked(byte[] bson, int at, int limit, long length, int least) {
        if (length < least || length > limit - at || bson[at + (int) length - 1] != 0) {
            throw corrupt("a string or document has a wrong length");
        }
        return length;
    }

    private static long binaryLength(byte[] bson, int at, int limit) {
        int length = length(bson, at, limit);
        if (length < 0) {
            throw corrupt("a binary value has a negative length");
        }
        return 5L + length;
    }

    private static long codeWithScopeLength(byte[] bson, int at, int limit) {
        long code = stringLength(bson, at + 4, limit);
        long scope = documentLength(bson, at + 4 + (int) code, limit);
        if (4 + code + scope != length(bson, at, limit)) {
            throw corrupt("code with scope has a wrong length");
        }
        return 4 + code + scope;
    }

    private static int length(byte[] bson, int at, int limit) {
        if (limit - at < 4) {
            throw corrupt("a length is cut off");
        }
        return int32(bson, at);
    }

    /// What to throw for bytes that no MongoDB stores. It is the server's fault, never the client's.
    static BsonSerializationException corrupt(String what) {
        return new BsonSerializationException("not BSON: " + what);
    }
}
