package dev.martlet.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One connection: Helidon's own, between a reader and a writer that watch the time.
///
/// The connection's thread notes what it waits for, and until when. The watchdog closes the socket of an overdue
/// connection, which ends the wait.
final class Connection extends ForwardingContext implements ServerConnection {

    private static final ScopedValue<Connection> CURRENT = ScopedValue.newInstance();
    private static final HeaderName NAMELESS = HeaderNames.create("");
    /// How long a refused body is swallowed before the close. Closing at once would reset the connection, and the
    /// client would lose the answer.
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final ConnectionContext context;
    private final HelidonSocket socket;
    private final Duration timeout;
    private final Consumer<Connection> ended;
    private final Wait wait = new Wait();
    private final Pace pace;
    private final IncomingBody body;
    private final long oldFrom;
    private final DataReader reader = new RequestLine(this::read, this::readingHead);
    private final DataWriter writer;
    private final ServerConnection http;

    // Only the connection's own thread uses these.
    private long headDue = Wait.NEVER;
    private boolean bodyBegun;
    private boolean served;
    private boolean entity;
    private boolean linger;

    /// @param age   after which an answer asks the client to connect anew
    /// @param ended called when it has ended
    Connection(
            ConnectionContext context,
            ServerConnectionSelector http1,
            Duration timeout,
            Duration age,
            Consumer<Connection> ended) {
        super(context);
        this.context = context;
        this.socket = context.serverSocket();
        this.timeout = timeout;
        this.ended = ended;
        this.oldFrom = System.nanoTime() + age.toNanos();
        this.pace = new Pace(address(context), this::giveUp);
        this.body = new IncomingBody(socket, pace, timeout);
        this.writer = new PacedWriter(context.dataWriter(), wait, pace, timeout);
        this.http = http1.connection(this);
    }

    private static Object address(ConnectionContext context) {
        return context.remotePeer().address() instanceof InetSocketAddress internet
                ? internet.getAddress()
                : context.remotePeer().address();
    }

    /// The pace of the client whose request this thread answers.
    static Optional<Pace> pace() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get().pace) : Optional.empty();
    }

    /// Says that the body of this thread's request is a stream. Then only a pause in it has a limit.
    static void bodyIsStream() {
        CURRENT.get().body.isStream();
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        try {
            ScopedValue.where(CURRENT, this).call(() -> {
                http.handle(limit);
                return this;
            });
            if (linger && !body.abandoned()) {
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
            // Either side has closed it: that is what it waited for.
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

    /// Ends the request of a client that is too slow. A client that sends a body learns why.
    private void giveUp() {
        if (!body.giveUp()) {
            cut();
        }
    }

    private byte @Nullable [] read() {
        byte[] ahead = body.ahead();
        if (ahead != null) {
            return ahead;
        }
        if (readingHead()) {
            bodyBegun = false;
        }
        return bodyBegun ? body.read() : readHead();
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

    /// How much Helidon has read ahead: it looks at the first bytes to choose among its protocols.
    private int seen() {
        return context.dataReader().available();
    }

    void headReceived(Headers headers) {
        if (headers.contains(NAMELESS)) {
            throw RequestException.builder()
                    .type(DirectHandler.EventType.BAD_REQUEST)
                    .setKeepAlive(false)
                    .message("a header has no name")
                    .build();
        }
        served = true;
        pace.begin();
        bodyBegun = true;
        headDue = Wait.NEVER;
        entity = headers.contains(HeaderNames.TRANSFER_ENCODING) || headers.contains(HeaderNames.CONTENT_LENGTH);
        body.begin(headers.contains(HeaderNames.TRANSFER_ENCODING), reader);
        if (wait.ending() || headers.containsToken(HeaderValues.CONNECTION_CLOSE)) {
            endAfterAnswer();
        }
    }

    void headSent(Headers headers) {
        // Politely: the client finds out before it sends the next request.
        if (System.nanoTime() - oldFrom > 0 && headers instanceof WritableHeaders<?> answer) {
            answer.set(HeaderValues.CONNECTION_CLOSE);
        }
        body.drainWithin(LINGER);
        if (headers.containsToken(HeaderValues.CONNECTION_CLOSE)) {
            linger = entity || readingHead();
            endAfterAnswer();
        }
    }

    private boolean readingHead() {
        return ((InterruptableTask<?>) http).canInterrupt();
    }

    private void endAfterAnswer() {
        // Helidon itself ends a connection whose head is refused. Asking it to do so would interrupt the answer.
        if (!readingHead()) {
            http.close(false);
        }
    }

    @Override
    public Duration idleTime() {
        // Helidon's own watch over idle connections has nothing to do.
        return Duration.ZERO;
    }

    /// Helidon interrupts idle connections when the listener stops. A request that is just arriving would be lost.
    /// Here, idle connections wait a moment longer.
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
