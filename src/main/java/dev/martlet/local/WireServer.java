package dev.martlet.local;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.exception.MongoServerException;
import io.netty.buffer.ByteBuf;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Serves the engine on the loopback interface, with a virtual thread for each connection: it may wait for its commit
/// without keeping anybody else waiting.
final class WireServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(WireServer.class.getName());
    private static final Duration CLOSING = Duration.ofMillis(500);

    private final Engine engine;
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
            for (WireProtocol.Request request; (request = WireProtocol.read(in)) != null; ) {
                ByteBuf answer = answer(request);
                if (request.wantsAnswer()) {
                    out.write(answer.array(), 0, answer.writerIndex());
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "A connection ended", e);
        } finally {
            connections.remove(socket);
        }
    }

    private ByteBuf answer(WireProtocol.Request request) {
        try {
            return request.answer(engine.execute(request.command()));
        } catch (MongoServerError e) {
            return request.answer(failure(e.getCode(), e.getCodeName(), e.getMessageWithoutErrorCode()));
        } catch (MongoServerException e) {
            return request.answer(failure(1, "InternalError", e.getMessageWithoutErrorCode()));
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.WARNING, "A command failed", e);
            return request.answer(failure(1, "InternalError", String.valueOf(e.getMessage())));
        }
    }

    private static Document failure(int code, String name, String message) {
        return new Document("ok", 0.0)
                .append("errmsg", message)
                .append("code", code)
                .append("codeName", name);
    }

    /// Lets the requests that are being carried out finish, for half a second, and ends the connections.
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
