package dev.martlet.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The bodies of a connection's requests, one after the other. It checks that each is in time and well chunked.
///
/// A thread of its own reads a body, because the sender must get an answer if the body does not come.
final class IncomingBody {

    private final HelidonSocket socket;
    private final Pace pace;
    private final long timeoutNanos;

    private long nanosLeft;
    private boolean stream;
    private boolean abandoned;
    private @Nullable Chunks chunks;
    /// What came together with the head, already in new chunks.
    private byte @Nullable [] ahead;
    private boolean broken;

    /// The piece that somebody waits for.
    private volatile @Nullable CompletableFuture<byte[]> arriving;

    IncomingBody(HelidonSocket socket, Pace pace, Duration timeout) {
        this.socket = socket;
        this.pace = pace;
        this.timeoutNanos = timeout.toNanos();
    }

    private static final class SlowException extends RuntimeException {
        SlowException() {
            super("too slow", null, false, false);
        }
    }

    /// A head has come, perhaps with some of the body.
    void begin(boolean chunked, DataReader received) {
        nanosLeft = timeoutNanos;
        stream = false;
        chunks = null;
        broken = false;
        if (chunked) {
            chunks = new Chunks();
            int available = received.available();
            ahead = available == 0 ? null : reframed(received.readBytes(available));
        }
    }

    /// From now on only a pause in it has a limit.
    void isStream() {
        stream = true;
    }

    /// Its request is answered. The rest of the body is drained to keep the connection, but only for a short time.
    void drainWithin(Duration time) {
        nanosLeft = Math.min(nanosLeft, time.toNanos());
        stream = false;
    }

    /// Whether a thread may still be reading it.
    boolean abandoned() {
        return abandoned;
    }

    /// Ends the wait for it. Its sender learns why.
    ///
    /// @return whether anybody was waiting
    boolean giveUp() {
        var piece = arriving;
        return piece != null && piece.completeExceptionally(new SlowException());
    }

    /// What has come already. A second call returns nothing.
    byte @Nullable [] ahead() {
        byte[] bytes = ahead;
        ahead = null;
        return bytes;
    }

    byte[] read() {
        byte[] piece = null;
        while (piece == null) {
            byte[] arrived = broken ? null : receive();
            piece = arrived == null ? null : reframed(arrived);
            if (broken) {
                throw refused(Status.BAD_REQUEST_400, Chunks.BROKEN);
            }
        }
        return piece;
    }

    /// A mistake in the chunks is reported when somebody wants the body.
    private byte @Nullable [] reframed(byte[] bytes) {
        try {
            byte[] reframed = chunks == null ? bytes : chunks.reframed(bytes);
            return reframed.length == 0 ? null : reframed;
        } catch (Chunks.BrokenException e) {
            broken = true;
            return null;
        }
    }

    private byte[] receive() {
        var arrived = new CompletableFuture<byte[]>();
        arriving = arrived;
        Thread.startVirtualThread(() -> receive(arrived));
        long started = System.nanoTime();
        pace.waits(started);
        try {
            byte[] bytes = arrived.get(nanosLeft, TimeUnit.NANOSECONDS);
            if (bytes == null) {
                throw refused(Status.BAD_REQUEST_400, "The body ended before it was complete: send all of it.");
            }
            long now = System.nanoTime();
            pace.moved(bytes.length, now);
            // Only the waiting counts: the sender is not to blame for the time that the service takes between two
            // reads.
            nanosLeft = stream ? timeoutNanos : nanosLeft - (now - started);
            return bytes;
        } catch (TimeoutException e) {
            abandoned = true;
            throw refused(
                    Status.REQUEST_TIMEOUT_408,
                    "The body did not arrive within " + Duration.ofNanos(timeoutNanos)
                            + ": send it faster, or send less.");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SlowException) {
                abandoned = true;
                throw refused(
                        Status.REQUEST_TIMEOUT_408,
                        "The body came more slowly than 64 KiB a second while others waited for its memory: "
                                + "send it faster, or try again in a moment.");
            }
            throw refused(Status.BAD_REQUEST_400, "The connection broke before the body was complete: send it again.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("The service ends", e);
        } finally {
            arriving = null;
        }
    }

    private void receive(CompletableFuture<byte[]> arrived) {
        try {
            arrived.complete(socket.get());
        } catch (RuntimeException e) {
            arrived.completeExceptionally(e);
        }
    }

    private static HttpException refused(Status status, String why) {
        return new HttpException(why, status, false);
    }
}
