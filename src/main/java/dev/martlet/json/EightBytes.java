package dev.martlet.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Eight bytes of an array looked at in one step, the first one lowest. Most strings are looked at in one or two
/// steps.
final class EightBytes {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    /// The bit that every byte of a character beyond ASCII has.
    static final long NOT_ASCII = 0x8080_8080_8080_8080L;

    private EightBytes() {}

    static long get(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static void set(byte[] bytes, int at, long eight) {
        LONG.set(bytes, at, eight);
    }

    /// The first `count` of the eight, and zeros.
    static long first(long eight, int count) {
        return count >= Long.BYTES ? eight : eight & ((1L << (Byte.SIZE * count)) - 1);
    }

    /// How many bytes come before the first zero: 0 to 8.
    static int beforeZero(long eight) {
        return firstMarked((eight - ONES) & ~eight & NOT_ASCII);
    }

    static boolean isAscii(long eight) {
        return (eight & NOT_ASCII) == 0;
    }

    /// How many bytes come before the first control character, quote or backslash: 0 to 8. With [#NOT_ASCII] as
    /// `others`, or before the first byte that is not ASCII.
    static int plain(long eight, long others) {
        return firstMarked(special(eight) | (eight & others));
    }

    /// Marks the special bytes by their highest bit. A borrow may mark a byte too much, but only behind one that is
    /// right.
    private static long special(long eight) {
        long quote = eight ^ ('"' * ONES);
        long backslash = eight ^ ('\\' * ONES);
        return (((eight - ' ' * ONES) & ~eight) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash))
                & NOT_ASCII;
    }

    private static int firstMarked(long marks) {
        return Long.numberOfTrailingZeros(marks) / Byte.SIZE;
    }
}
