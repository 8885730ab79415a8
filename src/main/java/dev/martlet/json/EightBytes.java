package dev.martlet.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Looks at eight bytes of an array in one step; the first byte is the lowest. Most strings take one or two steps.
final class EightBytes {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    /// The bit that is set in every byte of a character beyond ASCII.
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
    /// `others`, a byte that is not ASCII counts too.
    static int plain(long eight, long others) {
        return firstMarked(special(eight) | (eight & others));
    }

    /// Marks the special bytes by their highest bit. A borrow can mark a wrong byte, but only after a right one.
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
