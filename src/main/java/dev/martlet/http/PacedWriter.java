package dev.martlet.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;

/// Writes an answer in pieces, each of which its reader has to take within the time-out.
final class PacedWriter implements DataWriter {

    /// Whoever takes less than this within the time-out has stopped reading.
    private static final int PIECE = 64 << 10;

    private final DataWriter out;
    private final Wait wait;
    private final long timeoutNanos;

    PacedWriter(DataWriter out, Wait wait, Duration timeout) {
        this.out = out;
        this.wait = wait;
        this.timeoutNanos = timeout.toNanos();
    }

    @Override
    public void write(BufferData buffer) {
        try {
            while (buffer.available() > PIECE) {
                byte[] piece = new byte[PIECE];
                buffer.read(piece);
                writePiece(BufferData.create(piece));
            }
            writePiece(buffer);
        } finally {
            wait.over();
        }
    }

    private void writePiece(BufferData piece) {
        wait.until(System.nanoTime() + timeoutNanos);
        out.writeNow(piece);
    }

    @Override
    public void write(BufferData... buffers) {
        write(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
        write(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        write(BufferData.create(buffers));
    }
}
