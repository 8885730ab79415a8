package dev.martlet.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A real nginx in front of services: the usual reverse proxy, with kept connections and its own, safe retries.
///
/// `max_fails=0`: otherwise nginx avoids a server for ten seconds after one refused connection, and answers 502 by itself when
/// the second of two is replaced within them.
final class Nginx implements AutoCloseable {

    private final Process process;
    private final int port;

    private Nginx(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static @Nullable Path program() {
        return Stream.of("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx")
                .map(Path::of).filter(Files::isExecutable).findFirst().orElse(null);
    }

    /// @param folder for its configuration and logs
    /// @param ports  of the services
    static Nginx start(Path folder, List<Integer> ports) throws Exception {
        Path program = program();
        assumeTrue(program != null, "nginx is not installed: this test runs in CI only");
        int port = Ports.free();
        Path configuration = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log warn;
                events { worker_connections 512; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  upstream martlet {
                    %2$s
                    keepalive 32;
                  }
                  server {
                    listen 127.0.0.1:%3$d;
                    location / {
                      proxy_pass http://martlet;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                    }
                  }
                }
                """.formatted(folder, ports.stream().map(each -> "server 127.0.0.1:" + each + " max_fails=0;").collect(Collectors.joining(" ")), port));
        Process process = new ProcessBuilder(String.valueOf(program), "-p", folder.toString(), "-c", configuration.toString())
                .redirectErrorStream(true).redirectOutput(folder.resolve("nginx.log").toFile()).start();
        var nginx = new Nginx(process, port);
        nginx.awaitListening();
        return nginx;
    }

    private void awaitListening() throws Exception {
        for (int tries = 0; tries < 100; tries++, Thread.sleep(50)) {
            try (var probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
                if (probe.isConnected()) {
                    return;
                }
            } catch (IOException e) {
                // Not yet.
            }
        }
        throw new IOException("nginx does not listen");
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
