package dev.martlet.local;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.bson.RawBsonDocument;

/// A document as the file holds it: its bytes, the number of the change that made it (if its collection has a
/// change log), the number of this format, and a checksum of everything.
final class Seal {

    static final long NO_CHANGE = 0;

    private static final byte PLAIN = 1;
    private static final byte OF_A_CHANGE = 2;

    private Seal() {}

    /// @param change the number of the change that made it, or [#NO_CHANGE]
    static byte[] seal(RawBsonDocument document, long change) {
        byte format = change == NO_CHANGE ? PLAIN : OF_A_CHANGE;
        int length = document.getByteLength() + (format == PLAIN ? 0 : Long.BYTES);
        ByteBuffer sealed = ByteBuffer.allocate(length + 1 + Integer.BYTES)
                .put(document.getByteBuffer().asNIO());
        if (format == OF_A_CHANGE) {
            sealed.putLong(change);
        }
        return sealed.put(format).putInt(checksum(sealed.array(), length + 1)).array();
    }

    /// Whether these are the bytes that were sealed.
    static boolean isWhole(byte[] sealed) {
        int checked = sealed.length - Integer.BYTES;
        return checked > 1
                && (sealed[checked - 1] == PLAIN || (sealed[checked - 1] == OF_A_CHANGE && checked > 1 + Long.BYTES))
                && ByteBuffer.wrap(sealed).getInt(checked) == checksum(sealed, checked);
    }

    /// The document in undamaged bytes, without a copy.
    static RawBsonDocument document(byte[] whole) {
        return new RawBsonDocument(whole, 0, length(whole));
    }

    /// The number of the change that made it, or [#NO_CHANGE].
    static long change(byte[] whole) {
        int length = length(whole);
        return length == plainLength(whole) ? NO_CHANGE : ByteBuffer.wrap(whole).getLong(length);
    }

    private static int length(byte[] whole) {
        int length = plainLength(whole);
        return whole[length] == PLAIN ? length : length - Long.BYTES;
    }

    private static int plainLength(byte[] whole) {
        return whole.length - 1 - Integer.BYTES;
    }

    private static int checksum(byte[] bytes, int length) {
        var checksum = new CRC32C();
        checksum.update(bytes, 0, length);
        return (int) checksum.getValue();
    }
}
