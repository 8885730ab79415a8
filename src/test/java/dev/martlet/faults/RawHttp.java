package dev.martlet.faults;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// A client that sends anything.
///
/// ```java
/// try (var client = RawHttp.connect(port)) {
///     client.send("GET / HT");
///     client.receiveAll();
/// }
/// ```
final class RawHttp implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Socket socket;

    private RawHttp(Socket socket) {
        this.socket = socket;
    }

    static RawHttp connect(int port) throws IOException {
        return connect(port, 0);
    }

    /// @param receiveBuffer bytes that the kernel takes in before anybody reads; 0 for its usual number
    static RawHttp connect(int port, int receiveBuffer) throws IOException {
        var socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), (int)
                PATIENCE.toMillis());
        return new RawHttp(socket);
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /// Says that nothing more will be sent, and still listens.
    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /// Everything until the other side closes.
    ///
    /// @throws java.net.SocketTimeoutException if it does not close
    String receiveAll() throws IOException {
        var text = new StringBuilder();
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[64 * 1024];
        try {
            for (int length; (length = in.read(buffer)) >= 0; ) {
                text.append(new String(buffer, 0, length, StandardCharsets.ISO_8859_1));
            }
        } catch (java.net.SocketException e) {
            // A reset is an end, too.
        }
        return text.toString();
    }

    /// Waits until the other side closes, whatever it says before.
    void discardAll() throws IOException {
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[64 * 1024];
        while (in.read(buffer) >= 0) {}
    }

    /// Whatever arrives next, but no more than this many bytes.
    String receive(int most) throws IOException {
        byte[] buffer = new byte[most];
        int length = socket.getInputStream().read(buffer);
        return length < 0 ? "" : new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
    }

    /// Whatever arrives next.
    String receiveSome() throws IOException {
        byte[] buffer = new byte[64 * 1024];
        int length = socket.getInputStream().read(buffer);
        return length < 0 ? "" : new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
    }

    /// The status of an answer, or 0 for none.
    static int status(String answer) {
        return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
