package dev.martlet.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A bare connection. It sends what no well-behaved client would, and shows what is really in an answer.
///
/// ```java
/// try (Wire wire = client.wire()) {
///     Answer answer = wire.send("BREW /pot HTCPCP/1.0\r\n\r\n").answer();
/// }
/// ```
final class Wire implements AutoCloseable {

    private static final int NEVER_HANGS_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private Wire(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    static Wire to(int port) {
        return to(port, 0);
    }

    /// @param receiveBufferBytes of the socket; 0 for the usual size
    static Wire to(int port, int receiveBufferBytes) {
        try {
            var socket = new Socket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(NEVER_HANGS_MILLIS);
            socket.connect(new InetSocketAddress("localhost", port));
            return new Wire(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param request each character is one byte
    Wire send(String request) throws IOException {
        return send(request.getBytes(ISO_8859_1));
    }

    Wire send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /// A request without a body.
    Wire request(String method, String target, String... headers) throws IOException {
        var head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        return send(head.append("\r\n").toString());
    }

    /// Reads up to the end of the given text.
    String upTo(String text) throws IOException {
        var read = new ByteArrayOutputStream();
        while (!read.toString(ISO_8859_1).endsWith(text)) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the connection ended after: " + read);
            }
            read.write(b);
        }
        return read.toString(ISO_8859_1);
    }

    InputStream in() {
        return in;
    }

    /// The next answer, read as RFC 9112 says. A broken answer is not [Answer#whole()].
    Answer answer() throws IOException {
        return answer(true);
    }

    /// The answer to a `HEAD`.
    Answer head() throws IOException {
        return answer(false);
    }

    private Answer answer(boolean withBody) throws IOException {
        String[] status = line().split(" ", 3);
        var headers = new HashMap<String, List<String>>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            String[] header = line.split(":", 2);
            headers.computeIfAbsent(header[0].toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(header[1].strip());
        }
        int code = Integer.parseInt(status[1]);
        var body = new ByteArrayOutputStream();
        boolean whole = !withBody || code < 200 || code == 204 || code == 304 || body(headers, body);
        return new Answer(code, headers, body.toByteArray(), whole);
    }

    private boolean body(Map<String, List<String>> headers, ByteArrayOutputStream body) throws IOException {
        try {
            if (headers.getOrDefault("transfer-encoding", List.of()).contains("chunked")) {
                for (int size = chunkSize(); size > 0; size = chunkSize()) {
                    copy(size, body);
                    line();
                }
                line();
                return true;
            }
            List<String> length = headers.get("content-length");
            if (length == null) {
                in.transferTo(body);
                return true;
            }
            copy(Integer.parseInt(length.getFirst()), body);
            return true;
        } catch (EOFException | java.net.SocketException e) {
            return false;
        }
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(line(), 16);
    }

    private void copy(int length, OutputStream body) throws IOException {
        byte[] bytes = in.readNBytes(length);
        body.write(bytes);
        if (bytes.length < length) {
            throw new EOFException();
        }
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended after: " + line);
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(ISO_8859_1);
    }

    /// Whether the other side has closed.
    boolean ended() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    /// Goes away at once: the other side gets a reset.
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
