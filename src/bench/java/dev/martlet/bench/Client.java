package dev.martlet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/// One HTTP/1.1 connection that sends its requests again and again. It stays open until the server closes it.
///
/// wrk cannot begin before a server listens. This client can, so it measures a service from its first second.
final class Client implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 10_000;

    private final InetSocketAddress address;
    private final List<byte[]> requests;
    private int at;
    private Socket socket = new Socket();
    private InputStream in = InputStream.nullInputStream();
    private boolean connected;
    private long received;

    private Client(int port, List<byte[]> requests) {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.requests = requests;
        this.at = ThreadLocalRandom.current().nextInt(requests.size());
    }

    static Client get(int port, String path) {
        return get(port, List.of(path));
    }

    /// Asks for these in turn, beginning with any of them.
    static Client get(int port, List<String> paths) {
        return new Client(
                port,
                paths.stream()
                        .map(path -> ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(UTF_8))
                        .toList());
    }

    static Client post(int port) {
        String request = "POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + Workload.JSON.getBytes(UTF_8).length + "\r\n\r\n" + Workload.JSON;
        return new Client(port, List.of(request.getBytes(UTF_8)));
    }

    /// Sends the next request and waits for the whole answer.
    ///
    /// @return its status
    /// @throws IOException if nobody answers; the next call tries a new connection
    int exchange() throws IOException {
        try {
            if (!connected) {
                connect();
            }
            at = (at + 1) % requests.size();
            socket.getOutputStream().write(requests.get(at));
            return answer();
        } catch (IOException e) {
            disconnect();
            throw e;
        }
    }

    private void connect() throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(address, TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
        connected = true;
    }

    private void disconnect() throws IOException {
        connected = false;
        socket.close();
    }

    private int answer() throws IOException {
        int status = Integer.parseInt(line().substring(9, 12));
        long length = 0;
        boolean chunked = false;
        boolean closing = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(
                        lower.substring("content-length:".length()).strip());
            }
            chunked |= lower.equals("transfer-encoding: chunked");
            closing |= lower.equals("connection: close");
        }
        while (chunked && (length = Long.parseLong(line(), 16)) > 0) {
            skip(length + 2);
        }
        skip(chunked ? 2 : length);
        if (closing) {
            disconnect();
        }
        return status;
    }

    private void skip(long count) throws IOException {
        in.skipNBytes(count);
        received += count;
    }

    /// The bytes of all bodies so far, including the line ends of chunks.
    long received() {
        return received;
    }

    private String line() throws IOException {
        var line = new StringBuilder(64);
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the server closed the connection");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
