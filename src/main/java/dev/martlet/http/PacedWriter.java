package dev.martlet.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;

/// Writes an answer in pieces and notes the reader's pace. The reader has to take each piece within the time-out.
final class PacedWriter implements DataWriter {

    /// A reader that takes less than this within the time-out has stopped reading.
    private static final int PIECE = 64 << 10;

    private final DataWriter out;
    private final Wait wait;
    private final Pace pace;
    private final long timeoutNanos;

    PacedWriter(DataWriter out, Wait wait, Pace pace, Duration timeout) {
        this.out = out;
        this.wait = wait;
        this.pace = pace;
        this.timeoutNanos = timeout.toNanos();
    }

    @Override
    public void write(BufferData buffer) {
        try {
            while (buffer.available() > PIECE) {
                byte[] piece = new byte[PIECE];
                buffer.read(piece);
                writePiece(BufferData.create(piece));
                Slices.next(PIECE);
            }
            writePiece(buffer);
        } finally {
            wait.over();
        }
    }

    private void writePiece(BufferData piece) {
        long now = System.nanoTime();
        int bytes = piece.available();
        wait.until(now + timeoutNanos);
        pace.waits(now);
        out.writeNow(piece);
        pace.moved(bytes, System.nanoTime());
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
