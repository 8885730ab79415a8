package dev.martlet.api;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.IntConsumer;

/// Reads lines of bytes from a stream of any length, holding one line.
final class Lines {

    private final InputStream in;
    private final int most;
    private final IntConsumer growth;
    private final byte[] buffer = new byte[64 * 1024];
    private byte[] line = new byte[1024];
    private int next;
    private int end;
    private boolean tooLong;

    /// @param most   the longest line in bytes; the rest of a longer one is skipped, and [#tooLong] says so
    /// @param growth learns how long a line is going to be, before it is held
    Lines(InputStream in, int most, IntConsumer growth) {
        this.growth = growth;
        this.in = in;
        this.most = most;
    }

    /// The length of the next line, without its end, or -1 after the last. The line is in [#bytes].
    int read() throws IOException {
        int length = readWithCarriageReturn();
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        tooLong |= length > most;
        return length;
    }

    private int readWithCarriageReturn() throws IOException {
        int length = 0;
        boolean any = false;
        tooLong = false;
        while (fill()) {
            any = true;
            int lineEnd = next;
            while (lineEnd < end && buffer[lineEnd] != '\n') {
                lineEnd++;
            }
            length = append(length, lineEnd - next);
            boolean complete = lineEnd < end;
            next = complete ? lineEnd + 1 : lineEnd;
            if (complete) {
                break;
            }
        }
        return any ? length : -1;
    }

    private boolean fill() throws IOException {
        if (next < end) {
            return true;
        }
        next = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }

    private int append(int length, int more) {
        if (length + more > most + 1) {
            tooLong = true;
        }
        if (tooLong) {
            return 0;
        }
        if (length + more > line.length) {
            int longer = Math.max(length + more, Math.min(most + 1, 2 * line.length));
            growth.accept(longer);
            line = Arrays.copyOf(line, longer);
        }
        System.arraycopy(buffer, next, line, length, more);
        return length + more;
    }

    byte[] bytes() {
        return line;
    }

    boolean tooLong() {
        return tooLong;
    }
}
