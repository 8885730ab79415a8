package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A real HAProxy in front of services. It asks for readiness, keeps connections, and repeats only requests that
/// were never sent.
///
/// Asking for readiness matters. A listener that closes resets connections that the kernel has accepted and the
/// listener has not. So nobody may be sending any more at that time. Kubernetes takes the pod out of the Service.
/// This proxy goes by readiness.
final class HaProxy implements AutoCloseable {

    private final Process process;
    private final int port;

    private HaProxy(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static @Nullable Path program() {
        return Stream.of("/usr/sbin/haproxy", "/usr/bin/haproxy", "/usr/local/sbin/haproxy")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    /// @param folder for its configuration and log
    /// @param ports  of the services
    static HaProxy start(Path folder, List<Integer> ports) throws Exception {
        Path program = program();
        assumeTrue(program != null, "HAProxy is not installed: this test runs in CI only");
        int port = Ports.free();
        Path configuration = Files.writeString(folder.resolve("haproxy.cfg"), """
                global
                  maxconn 512
                defaults
                  mode http
                  timeout connect 2s
                  timeout client 60s
                  timeout server 60s
                  timeout check 5s
                  retries 3
                  option redispatch 1
                frontend all
                  bind 127.0.0.1:%d
                  default_backend martlet
                backend martlet
                  option httpchk
                  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host martlet
                  http-check expect status 200
                  default-server check inter 200ms fall 1 rise 1
                %s
                """.formatted(
                        port,
                        ports.stream()
                                .map(each -> "  server martlet-" + each + " 127.0.0.1:" + each)
                                .collect(Collectors.joining("\n"))));
        Process process = new ProcessBuilder(String.valueOf(program), "-db", "-f", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("haproxy.log").toFile())
                .start();
        var proxy = new HaProxy(process, port);
        proxy.awaitListening();
        return proxy;
    }

    private void awaitListening() throws Exception {
        eventually(
                Duration.ofSeconds(10),
                () -> assertDoesNotThrow(() -> new Socket(InetAddress.getLoopbackAddress(), port).close()));
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
