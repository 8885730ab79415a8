package dev.martlet.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.bson.io.BasicOutputBuffer;

/// Serves the engine on the loopback interface, with a virtual thread for each connection. A thread can wait for
/// its commit without holding up others.
final class WireServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(WireServer.class.getName());
    private static final Duration CLOSING = Duration.ofMillis(500);

    private final Engine engine;
    private final LargeRequests large = new LargeRequests(Runtime.getRuntime().maxMemory());
    private final ServerSocket server;
    private final Map<Socket, Thread> connections = new ConcurrentHashMap<>();

    WireServer(Engine engine, int port) throws IOException {
        this.engine = engine;
        this.server = new ServerSocket(port, 128, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        Thread.ofVirtual().name("embedded-database").start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread thread = Thread.ofVirtual()
                        .name("embedded-database-", socket.getPort())
                        .unstarted(() -> serve(socket));
                connections.put(socket, thread);
                thread.start();
                if (server.isClosed()) {
                    endInput(socket); // close() may not have seen it
                }
            } catch (IOException e) {
                LOG.log(
                        server.isClosed() ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
                        "Cannot accept a connection",
                        e);
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
            OutputStream out = socket.getOutputStream();
            for (WireProtocol.Header header; (header = WireProtocol.header(in)) != null; ) {
                int room = large.acquire(header.length());
                try {
                    WireProtocol.Request request = header.read(in);
                    if (request == null) {
                        return;
                    }
                    BasicOutputBuffer answer = answer(request, () -> hasEnded(socket, in));
                    if (request.wantsAnswer()) {
                        answer.pipe(out);
                    }
                } finally {
                    large.release(room);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "A connection ended", e);
        } finally {
            connections.remove(socket);
        }
    }

    private BasicOutputBuffer answer(WireProtocol.Request request, BooleanSupplier abandoned) {
        try {
            return request.answer(engine.execute(request.command(), abandoned));
        } catch (CommandFailure e) {
            return request.answer(e.answer());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.WARNING, "A command failed", e);
            return request.answer(new CommandFailure(1, "InternalError", String.valueOf(e.getMessage())).answer());
        }
    }

    /// Whether the client has closed the connection, because it no longer waits for the answer.
    private static boolean hasEnded(Socket socket, InputStream in) {
        try {
            socket.setSoTimeout(1);
            try {
                in.mark(1);
                boolean ended = in.read() < 0;
                in.reset();
                return ended;
            } catch (SocketTimeoutException e) {
                return false;
            } finally {
                socket.setSoTimeout(0);
            }
        } catch (IOException e) {
            return true;
        }
    }

    /// Waits up to half a second for running requests, and ends the connections.
    @Override
    public void close() throws IOException {
        server.close();
        connections.keySet().forEach(WireServer::endInput);
        long deadline = System.nanoTime() + CLOSING.toNanos();
        for (Map.Entry<Socket, Thread> connection : connections.entrySet()) {
            try (Socket _ = connection.getKey()) {
                connection.getValue().join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void endInput(Socket socket) {
        try {
            socket.shutdownInput();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "A connection had ended already", e);
        }
    }
}
