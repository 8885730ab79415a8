package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.local.EmbeddedDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// A database behind TLS whose certificate is from a private authority.
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
class TlsTest {

    private static final Duration GENEROUS = Duration.ofSeconds(30);
    private static final String CURE = "The database does not answer: TLS fails between it and this service; "
            + "check that MONGO_TLS_CA_FILE holds the CA of its certificate, that the certificate names its host, "
            + "and that it speaks TLS at all";

    @TempDir
    private static Path folder;

    private static EmbeddedDatabase embedded;
    private static Certificates certificates;
    private static SSLContext right;
    private static SSLContext wrong;

    @BeforeAll
    static void open() throws Exception {
        certificates = new Certificates(folder);
        right = certificates.serverOf("127.0.0.1");
        wrong = certificates.serverOf("127.0.0.2");
        embedded = EmbeddedDatabase.open(folder.resolve("data"));
    }

    @AfterAll
    static void close() {
        embedded.close();
    }

    private static int database() {
        return URI.create(embedded.uri()).getPort();
    }

    private static ServiceProcess service(int port, String... more) throws Exception {
        var settings = new HashMap<>(
                Map.of("MONGODB_URI", "mongodb://127.0.0.1:" + port + "/?tls=true&directConnection=true"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return ServiceProcess.start(settings);
    }

    @Test
    void authorityThatIsGiven_isTrusted() throws Exception {
        try (var tls = new TlsProxy(right, database());
                var service = service(
                        tls.port(),
                        "MONGO_TLS_CA_FILE",
                        certificates.authority().toString())) {
            service.await("/health/ready", 200, GENEROUS);
            assertEquals(201, service.post("{\"_id\":\"by TLS\"}").statusCode());
            assertEquals("{\"_id\":\"by TLS\"}", service.get("/data/by%20TLS").body());
        }
    }

    @Test
    void authorityThatIsNotGiven_isToldInOneLine() throws Exception {
        try (var tls = new TlsProxy(right, database());
                var service = service(tls.port())) {
            assertToldOnce(service);
        }
    }

    @Test
    void certificateOfAnotherHost_isToldInOneLine() throws Exception {
        try (var tls = new TlsProxy(wrong, database());
                var service = service(
                        tls.port(),
                        "MONGO_TLS_CA_FILE",
                        certificates.authority().toString())) {
            assertToldOnce(service);
        }
    }

    /// MongoDB closes the connection: "SSL handshake received but server is started without SSL support".
    @Test
    void databaseWithoutTls_isToldInOneLine() throws Exception {
        try (var plain = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var service = service(
                        plain.getLocalPort(),
                        "MONGO_TLS_CA_FILE",
                        certificates.authority().toString())) {
            Thread.startVirtualThread(() -> {
                while (!plain.isClosed()) {
                    try (var client = plain.accept()) {
                        client.getInputStream().read(new byte[1000]);
                    } catch (IOException e) {
                        // The driver or the test has left.
                    }
                }
            });
            assertToldOnce(service);
        }
    }

    private static void assertToldOnce(ServiceProcess service) throws Exception {
        service.await("/health/ready", 503, GENEROUS);
        eventually(GENEROUS, () -> assertTrue(service.logText().contains("WARN"), service::logText));
        assertEquals(503, service.post("{}").statusCode());
        List<String> warnings = service.log().stream()
                .filter(line -> line.contains("WARN") || line.contains("ERROR"))
                .toList();
        assertEquals(1, warnings.size(), service::logText);
        assertTrue(warnings.getFirst().endsWith(CURE), service::logText);
        assertEquals(List.of(), service.stackTraces());
    }
}
