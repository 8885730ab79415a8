package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who can reach a service that a developer has started with a plain `mvn`.
class HostTest {

    @TempDir
    private Path folder;

    private ServiceProcess start(String host, String token) throws Exception {
        return ServiceProcess.start(Map.of("HOST", host, "API_TOKEN", token, "DATA_DIR", folder.toString()));
    }

    private static String status(InetAddress address, int port, String host) throws IOException {
        try (var socket = new Socket(address, port)) {
            socket.getOutputStream()
                    .write(("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return answer.substring("HTTP/1.1 ".length(), answer.indexOf('\r'));
        }
    }

    /// An address of this machine other than loopback. Empty if it has none.
    private static Optional<InetAddress> other() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .findFirst();
    }

    @Test
    void withoutTokenAndDatabase_onlyThisMachineIsAnswered_byItsOwnName() throws Exception {
        try (var service = start("", "")) {
            int port = service.port();
            InetAddress here = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            assertEquals("200 OK", status(here, port, "localhost:" + port));
            assertEquals("200 OK", status(here, port, "127.0.0.1"));
            assertEquals("200 OK", status(here, port, "[::1]:1"));
            assertEquals("200 OK", status(here, port, "martlet.localhost"));
            assertEquals("421 Misdirected Request", status(here, port, "rebound.example"));
            assertEquals("421 Misdirected Request", status(here, port, "localhost.example:" + port));
            assertTrue(
                    service.logText()
                            .contains(
                                    "Only this machine can reach it, because it has no API_TOKEN: set one, or HOST=0.0.0.0 to listen on all interfaces"),
                    service::logText);
            var other = other();
            if (other.isPresent()) {
                assertThrows(ConnectException.class, () -> status(other.get(), port, "localhost"));
            }
        }
    }

    @Test
    void withToken_everybodyIsAnswered() throws Exception {
        try (var service = start("", "secret")) {
            InetAddress address = other().orElse(InetAddress.getLoopbackAddress());
            assertEquals("200 OK", status(address, service.port(), "martlet.example"));
            assertFalse(service.logText().contains("Only this machine"), service::logText);
        }
    }

    @Test
    void withHost_itListensThere() throws Exception {
        try (var service = start("127.0.0.2", "")) {
            int port = service.port();
            assertEquals(
                    "200 OK", status(InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), port, "martlet.example"));
            assertThrows(
                    ConnectException.class,
                    () -> status(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port, "localhost"));
        }
    }

    @Test
    void wrongHost_stopsTheStart() throws Exception {
        var unknown = ServiceProcess.runToEnd(Map.of("HOST", "no such host", "DATA_DIR", folder.toString()));
        assertEquals(1, unknown.status());
        assertTrue(
                unknown.output()
                        .contains(
                                "Martlet cannot start: HOST=no such host is not an address of this machine: give one, or 0.0.0.0 for all of them"),
                unknown::output);
        var foreign = ServiceProcess.runToEnd(Map.of("HOST", "192.0.2.1", "DATA_DIR", folder.toString()));
        assertEquals(1, foreign.status());
        assertTrue(foreign.output().contains("HOST=192.0.2.1 is not an address of this machine"), foreign::output);
    }
}
