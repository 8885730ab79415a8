package dev.martlet.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A client that keeps its connection connects anew after a while, perhaps to a new pod.
@Timeout(60)
class ConnectionAgeTest {

    private static final Duration AGE = Duration.ofMillis(800);

    private Connections connections = new Connections(Duration.ofSeconds(10), 100, AGE);
    private WebServer server = WebServer.builder().build();

    @BeforeEach
    void start() {
        connections = new Connections(Duration.ofSeconds(10), 100, AGE);
        server = WebServer.builder()
                .host("127.0.0.1")
                .port(0)
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                .addConnectionSelector(connections)
                .routing(routing -> new Listener(
                                new Exchange(Instance.of(Optional.empty(), "1"), Optional.empty(), false),
                                Optional.empty(),
                                thrown -> Optional.empty())
                        .routing(
                                routing,
                                List.of(Route.open("/")
                                        .on("GET", request -> Reply.of(Status.NO_CONTENT_204))
                                        .on(
                                                "POST",
                                                request -> Reply.stream("text/plain", out -> {
                                                    out.write(new byte[100_000]);
                                                })))))
                .build()
                .start();
    }

    @AfterEach
    void end() {
        server.stop();
        connections.close();
    }

    /// How long it was kept, in milliseconds.
    private long keptFor() throws Exception {
        try (var socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), server.port())) {
            long started = System.nanoTime();
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            while (true) {
                socket.getOutputStream()
                        .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                if (endsWith(in)) {
                    long kept = (System.nanoTime() - started) / 1_000_000;
                    assertEquals(-1, in.read());
                    return kept;
                }
                Thread.sleep(5);
            }
        }
    }

    /// Reads a head.
    ///
    /// @return whether it says that it is the last one
    private static boolean endsWith(BufferedReader in) throws IOException {
        boolean last = false;
        assertEquals("HTTP/1.1 204 No Content", in.readLine());
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            last |= line.equals("Connection: close");
        }
        return last;
    }

    @Test
    void oldConnection_endsWithAnAnswerThatSaysSo_andNotAllAtOnce() throws Exception {
        var kept = new ArrayList<Long>();
        for (int i = 0; i < 6; i++) {
            kept.add(keptFor());
        }
        // A quarter less or more. A busy machine is late.
        assertTrue(kept.stream().allMatch(millis -> millis >= 600 && millis < 5000), kept::toString);
        assertTrue(kept.stream().distinct().count() > 1, kept::toString);
    }

    @Test
    void streamThatOutlastsTheAge_isSentToItsEnd() throws Exception {
        try (var socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), server.port())) {
            Thread.sleep(1100);
            socket.getOutputStream()
                    .write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
                            .getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(answer.contains("\r\nConnection: close\r\n"), answer);
            assertTrue(answer.length() > 100_000, () -> answer.length() + " bytes");
        }
    }
}
