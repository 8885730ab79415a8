package dev.martlet.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One connection: Helidon's own, between a reader and a writer that keep the time.
///
/// The connection's thread notes what it waits for and until when; the watchdog closes the socket of one that is
/// overdue, which ends the wait. Only a body is read by a thread of its own, because its sender is owed an answer.
final class Connection extends ForwardingContext implements ServerConnection {

    private static final ScopedValue<Connection> CURRENT = ScopedValue.newInstance();
    /// The largest chunk, which Helidon holds as a whole, is the largest body that is held as a whole: an array of 16
    /// MiB.
    private static final int MOST_BUFFERED = (16 << 20) + (64 << 10);
    /// How long a refused body is swallowed before the close. Closing at once would reset the connection, and with it
    /// the answer.
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final ConnectionContext context;
    private final HelidonSocket socket;
    private final Duration timeout;
    private final Consumer<Connection> ended;
    private final Wait wait = new Wait();
    private final DataReader reader = DataReader.create(this::read);
    private final DataWriter writer;
    private final ServerConnection http;

    // The connection's own thread's.
    private long headDue = Wait.NEVER;
    private long bodyNanosLeft;
    private boolean bodyBegun;
    private boolean served;
    private boolean stream;
    private boolean entity;
    private boolean linger;
    private boolean abandoned;

    /// @param ended told when it has ended
    Connection(
            ConnectionContext context, ServerConnectionSelector http1, Duration timeout, Consumer<Connection> ended) {
        super(context);
        this.context = context;
        this.socket = context.serverSocket();
        this.timeout = timeout;
        this.ended = ended;
        this.writer = new PacedWriter(context.dataWriter(), wait, timeout);
        this.http = http1.connection(this);
    }

    /// Says that the body of the request that this thread answers is a stream: only a pause in it has a limit.
    static void bodyIsStream() {
        CURRENT.get().stream = true;
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        try {
            ScopedValue.where(CURRENT, this).call(() -> {
                http.handle(limit);
                return this;
            });
            if (linger && !abandoned) {
                linger();
            }
        } finally {
            ended.accept(this);
        }
    }

    private void linger() {
        wait.until(System.nanoTime() + LINGER.toNanos());
        try {
            while (socket.get() != null) {
                // The rest of a body that nobody wants.
            }
        } catch (UncheckedIOException e) {
            // Closed, by either side: that is what it waited for.
        }
    }

    boolean overdue(long now, Duration mostIdle) {
        return wait.overdue(now, mostIdle);
    }

    void cut() {
        try {
            socket.close();
        } catch (UncheckedIOException e) {
            // It was closed already.
        }
    }

    private byte @Nullable [] read() {
        if (readingHead()) {
            bodyBegun = false;
        }
        return bodyBegun ? readBody() : readHead();
    }

    private byte[] readHead() {
        if (headDue == Wait.NEVER && (!served || reader.available() > 0)) {
            headDue = System.nanoTime() + timeout.toNanos();
        }
        wait.until(headDue);
        if (headDue == Wait.NEVER) {
            wait.idle();
        }
        try {
            byte[] bytes = seen() > 0 ? context.dataReader().readBytes(seen()) : socket.get();
            if (bytes == null) {
                throw new CloseConnectionException("The client has gone");
            }
            if (headDue == Wait.NEVER) {
                headDue = System.nanoTime() + timeout.toNanos();
            }
            return bytes;
        } catch (UncheckedIOException e) {
            throw new CloseConnectionException("The client has gone, or took too long", e);
        } finally {
            wait.over();
        }
    }

    /// How much Helidon has read ahead: where it has several protocols to choose from, it looks at the first bytes.
    private int seen() {
        return context.dataReader().available();
    }

    void headReceived(Headers headers) {
        served = true;
        bodyBegun = true;
        headDue = Wait.NEVER;
        bodyNanosLeft = timeout.toNanos();
        stream = false;
        entity = headers.contains(HeaderNames.TRANSFER_ENCODING) || headers.contains(HeaderNames.CONTENT_LENGTH);
        if (wait.ending() || headers.containsToken(HeaderValues.CONNECTION_CLOSE)) {
            endAfterAnswer();
        }
    }

    void headSent(Headers headers) {
        // What is left of the body is drained to keep the connection, but not for long.
        bodyNanosLeft = Math.min(bodyNanosLeft, LINGER.toNanos());
        stream = false;
        if (headers.containsToken(HeaderValues.CONNECTION_CLOSE)) {
            linger = entity || readingHead();
            endAfterAnswer();
        }
    }

    private boolean readingHead() {
        return ((InterruptableTask<?>) http).canInterrupt();
    }

    private void endAfterAnswer() {
        // Of a head that is refused Helidon ends the connection by itself; asked to, it would interrupt the answer.
        if (!readingHead()) {
            http.close(false);
        }
    }

    private byte[] readBody() {
        if (reader.available() > MOST_BUFFERED) {
            throw refused(
                    Status.REQUEST_ENTITY_TOO_LARGE_413, "A chunk of the body exceeds 16 MiB: send smaller ones.");
        }
        var arrived = new CompletableFuture<byte[]>();
        Thread.startVirtualThread(() -> receive(arrived));
        long started = System.nanoTime();
        try {
            byte[] bytes = arrived.get(bodyNanosLeft, TimeUnit.NANOSECONDS);
            if (bytes == null) {
                throw refused(Status.BAD_REQUEST_400, "The body ended before it was complete.");
            }
            // Only the waiting counts: what the service itself takes between two reads is not the sender's fault.
            bodyNanosLeft = stream ? timeout.toNanos() : bodyNanosLeft - (System.nanoTime() - started);
            return bytes;
        } catch (TimeoutException e) {
            abandoned = true;
            throw refused(
                    Status.REQUEST_TIMEOUT_408,
                    "The body did not arrive within " + timeout + ": send it faster, or send less.");
        } catch (ExecutionException e) {
            throw refused(Status.BAD_REQUEST_400, "The connection broke before the body was complete.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("The service ends", e);
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

    @Override
    public Duration idleTime() {
        // Helidon's own watch over idle connections has nothing to do.
        return Duration.ZERO;
    }

    /// Helidon interrupts idle connections when the listener stops: a request that is just coming would be lost. Here
    /// they wait a moment longer.
    @Override
    public void close(boolean interrupt) {
        wait.lastCall();
        if (interrupt) {
            http.close(true);
        }
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }
}
