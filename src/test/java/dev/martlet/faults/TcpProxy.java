package dev.martlet.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A stretch of network that can be broken.
///
/// ```java
/// try (var network = new TcpProxy(27017)) {
///     connectTo(network.port());
///     network.stall();
///     network.pass();
/// }
/// ```
public final class TcpProxy implements AutoCloseable {

    private final int target;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private @Nullable ServerSocket server;
    private volatile Duration delay = Duration.ZERO;
    private volatile int cutRepliesAfter = Integer.MAX_VALUE;
    private boolean stalled;

    public TcpProxy(int target) throws IOException {
        this.target = target;
        this.port = listen(Ports.free());
    }

    public int port() {
        return port;
    }

    /// Connections that it carries.
    int connections() {
        return sockets.size() / 2;
    }

    private synchronized int listen(int wanted) throws IOException {
        var listener = new ServerSocket(wanted, 1024, InetAddress.getLoopbackAddress());
        server = listener;
        Thread.startVirtualThread(() -> accept(listener));
        return listener.getLocalPort();
    }

    private void accept(ServerSocket listener) {
        while (!listener.isClosed()) {
            try {
                carry(listener.accept());
            } catch (IOException e) {
                // Refusing: the listener is closed, or the target is away.
            }
        }
    }

    private void carry(Socket client) throws IOException {
        sockets.add(client);
        try {
            var other = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(other);
            client.setTcpNoDelay(true);
            other.setTcpNoDelay(true);
            Thread.startVirtualThread(() -> pump(client, other, false));
            Thread.startVirtualThread(() -> pump(other, client, true));
        } catch (IOException e) {
            close(client);
            throw e;
        }
    }

    private void pump(Socket from, Socket to, boolean replies) {
        byte[] buffer = new byte[16 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length; (length = in.read(buffer)) >= 0; ) {
                awaitPassage();
                Thread.sleep(delay);
                if (replies && length > cutRepliesAfter) {
                    out.write(buffer, 0, cutRepliesAfter);
                    return;
                }
                out.write(buffer, 0, length);
            }
        } catch (IOException | InterruptedException e) {
            // Cut: both ends are closed.
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private synchronized void awaitPassage() throws InterruptedException {
        while (stalled) {
            wait();
        }
    }

    /// Heals everything.
    public synchronized void pass() throws IOException {
        delay = Duration.ZERO;
        cutRepliesAfter = Integer.MAX_VALUE;
        stalled = false;
        notifyAll();
        if (server == null) {
            listen(port);
        }
    }

    /// Everything takes this much longer.
    void delay(Duration each) {
        delay = each;
    }

    /// Accepts, and lets nothing through.
    public synchronized void stall() {
        stalled = true;
    }

    /// Only this many bytes of each reply arrive.
    void cutRepliesAfter(int bytes) {
        cutRepliesAfter = bytes;
    }

    /// Ends all connections.
    void cut() {
        sockets.forEach(TcpProxy::close);
    }

    /// Ends all connections and refuses new ones.
    synchronized void refuse() throws IOException {
        if (server != null) {
            server.close();
            server = null;
        }
        cut();
    }

    private static void close(Socket socket) {
        try {
            // A reset and not a proper close, as from a machine that was switched off and on.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    @Override
    public void close() throws IOException {
        refuse();
    }
}
