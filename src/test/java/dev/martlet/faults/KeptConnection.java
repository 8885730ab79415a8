package dev.martlet.faults;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// A well-behaved client: one request after the other on a connection that it keeps, until an answer ends it.
///
/// ```java
/// try (var connection = KeptConnection.to(port)) {
///     connection.send(KeptConnection.request("GET", "/data", "", ""));
/// }
/// ```
final class KeptConnection implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream in;
    private boolean kept = true;

    private KeptConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    static KeptConnection to(int port) throws IOException {
        var socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return new KeptConnection(socket);
    }

    static String request(String method, String target, String type, String body) {
        return method + " " + target + " HTTP/1.1\r\nHost: test\r\n"
                + (body.isEmpty() ? "" : "Content-Type: " + type + "\r\nContent-Length: " + body.length() + "\r\n")
                + "\r\n" + body;
    }

    /// The status of the answer, which is read to its end.
    int send(String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        String line = line();
        if (!line.startsWith("HTTP/1.1 ")) {
            throw new IOException("no answer: " + line);
        }
        int status = Integer.parseInt(line.substring(9, 12));
        int length = 0;
        boolean chunked = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length: ")) {
                length = Integer.parseInt(lower.substring(16));
            }
            chunked |= lower.equals("transfer-encoding: chunked");
            kept &= !lower.equals("connection: close");
        }
        if (chunked) {
            for (int chunk = Integer.parseInt(line(), 16); chunk > 0; chunk = Integer.parseInt(line(), 16)) {
                in.skipNBytes(chunk + 2L);
            }
            line();
        } else {
            in.skipNBytes(length);
        }
        return status;
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    /// Whether there may be another request.
    boolean kept() {
        return kept;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
