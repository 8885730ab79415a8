package dev.martlet.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.Headers;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/// Ends connections whose client is too slow. Helidon (4.5) would keep them.
///
/// | what | may take | then |
/// |---|---|---|
/// | the first byte of a connection, and any head from its first byte to its last | `timeout` | close |
/// | a body | `timeout`; a stream: `timeout` without a byte | 408, close |
/// | 64 KiB of an answer | `timeout` | close |
/// | the whole connection | [#AGE], more or less a quarter | `Connection: close` on the next answer |
/// | the pause between two requests | [#IDLE]; [#IDLE_CROWDED] when nine tenths of `most` are open | close |
///
/// It also closes a connection after an answer with `Connection: close`. Helidon leaves it open, and takes the rest
/// of a refused body for the next request.
public final class Connections implements ServerConnectionSelector, AutoCloseable {

    /// Longer than load balancers keep theirs: Google's 600 s is the longest usual time. So this side never closes
    /// a connection while a request is on its way.
    static final Duration IDLE = Duration.ofSeconds(620);
    static final Duration IDLE_CROWDED = Duration.ofSeconds(2);
    /// After this time, clients that keep their connections find the pods that the autoscaler has added. Each
    /// client pays one more handshake a minute.
    static final Duration AGE = Duration.ofSeconds(60);
    static final int MOST_REQUEST_LINE = 16 << 10;
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Duration timeout;
    private final int most;
    private final Duration age;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();
    private final ServerConnectionSelector http1 = Http1ConnectionSelector.builder()
            .config(Http1Config.builder()
                    // One of each: if there are two, Helidon 4.5 calls none.
                    .addReceiveListener(new Received())
                    .addSendListener(new Sent())
                    // Enough for an address with a filter and, in a `Link`, an id with every byte
                    // percent-encoded.
                    .maxPrologueLength(MOST_REQUEST_LINE)
                    .build())
            .build();
    private final Thread watchdog = Thread.ofVirtual().name("connections").start(this::watch);

    /// @param most how many connections the listener accepts
    public Connections(Duration timeout, int most) {
        this(timeout, most, AGE);
    }

    Connections(Duration timeout, int most, Duration age) {
        this.age = age;
        this.timeout = timeout;
        this.most = most;
    }

    public int most() {
        return most;
    }

    private void watch() {
        while (true) {
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                return;
            }
            long now = System.nanoTime();
            Duration idle = mostIdle(open.size(), most);
            for (Connection connection : open) {
                if (connection.overdue(now, idle)) {
                    connection.cut();
                }
            }
        }
    }

    static Duration mostIdle(int open, int most) {
        return open > most / 10 * 9 ? IDLE_CROWDED : IDLE;
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        var connection = new Connection(context, http1, timeout, withJitter(age), open::remove);
        open.add(connection);
        return connection;
    }

    /// Connections that came together should not all leave together.
    private static Duration withJitter(Duration age) {
        long quarter = age.toNanos() / 4;
        return Duration.ofNanos(age.toNanos() + ThreadLocalRandom.current().nextLong(-quarter, quarter + 1));
    }

    private static final class Received implements Http1ConnectionListener {
        @Override
        public void headers(ConnectionContext context, Headers headers) {
            ((Connection) context).headReceived(headers);
        }
    }

    private static final class Sent implements Http1ConnectionListener {
        @Override
        public void headers(ConnectionContext context, Headers headers) {
            ((Connection) context).headSent(headers);
        }
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http1.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http1.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    /// Stops watching. Call it after the listener has stopped.
    @Override
    public void close() {
        watchdog.interrupt();
    }
}
