package dev.martlet.json;
import java.io.IOException;
import java.io.OutputStream;
import org.bson.RawBsonDocument;
/// Writes BSON documents as JSON bytes into a buffer that grows and is used again.
public final class JsonWriter {
    private byte[] out = new byte[1024];
    private int size;
    /// Writes one document.
    public void document(RawBsonDocument document) {
        byte[] json = document.toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (byte b : json) raw(b);
    }
    /// Writes one byte as it is: a bracket, a comma, a line feed.
    public void raw(byte b) {
        if (size == out.length) out = java.util.Arrays.copyOf(out, 2 * size);
        out[size++] = b;
    }
    /// How many bytes have been written and not drained.
    public int size() {
        return size;
    }
    /// A copy of these bytes.
    public byte[] toByteArray() {
        return java.util.Arrays.copyOf(out, size);
    }
    /// Passes these bytes on and forgets them.
    public void drainTo(OutputStream stream) throws IOException {
        stream.write(out, 0, size);
        size = 0;
    }
}
