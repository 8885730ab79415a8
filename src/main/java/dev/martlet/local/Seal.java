package dev.martlet.local;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.bson.RawBsonDocument;

/// A document as the file holds it: its bytes, the number of this format, and a checksum of both.
final class Seal {

    private static final byte FORMAT = 1;
    private static final int TRAILER = 1 + Integer.BYTES;

    private Seal() {}

    static byte[] seal(RawBsonDocument document) {
        int length = document.getByteLength();
        ByteBuffer sealed = ByteBuffer.allocate(length + TRAILER)
                .put(document.getByteBuffer().asNIO())
                .put(FORMAT);
        return sealed.putInt(checksum(sealed.array(), length + 1)).array();
    }

    /// Whether these are the bytes that were sealed.
    static boolean isWhole(byte[] sealed) {
        int length = sealed.length - TRAILER;
        return length > 0
                && sealed[length] == FORMAT
                && ByteBuffer.wrap(sealed).getInt(length + 1) == checksum(sealed, length + 1);
    }

    /// The document, without a copy.
    static RawBsonDocument document(byte[] sealed) {
        return new RawBsonDocument(sealed, 0, sealed.length - TRAILER);
    }

    private static int checksum(byte[] bytes, int length) {
        var checksum = new CRC32C();
        checksum.update(bytes, 0, length);
        return (int) checksum.getValue();
    }
}
