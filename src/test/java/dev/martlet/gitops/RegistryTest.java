package dev.martlet.gitops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How `gitops/cluster` asks a registry whether anybody may pull the image, against one that wants a token as
/// GitHub's does.
class RegistryTest {

    private static final String DIGEST = "sha256:" + "a".repeat(64);

    private HttpServer registry;

    @BeforeEach
    void startARegistry() throws IOException {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/token", exchange -> {
            var open = Objects.requireNonNull(exchange.getRequestURI().getQuery())
                    .equals("service=here&scope=repository:jane/open:pull");
            var body = (open ? "{\"token\":\"good\"}" : "{\"errors\":[{\"code\":\"DENIED\"}]}").getBytes(UTF_8);
            exchange.sendResponseHeaders(open ? 200 : 403, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        registry.createContext("/v2/", exchange -> {
            var headers = exchange.getResponseHeaders();
            if ("Bearer good".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                headers.set("Docker-Content-Digest", DIGEST);
                exchange.sendResponseHeaders(
                        exchange.getRequestURI().getPath().equals("/v2/jane/open/manifests/v1") ? 200 : 404, -1);
            } else {
                headers.set(
                        "WWW-Authenticate",
                        "Bearer realm=\"http://127.0.0.1:%d/token\",service=\"here\",scope=\"repository:x:pull\""
                                .formatted(exchange.getLocalAddress().getPort()));
                exchange.sendResponseHeaders(401, -1);
            }
            exchange.close();
        });
        registry.start();
    }

    @AfterEach
    void stop() {
        registry.stop(0);
    }

    @Test
    void publicImage_isFoundWithItsDigest() {
        assertEquals("200 " + DIGEST, ask(name("open"), "v1"));
    }

    @Test
    void unknownTag_isNotFound() {
        assertEquals("404", ask(name("open"), "v2").substring(0, 3));
    }

    @Test
    void privateImage_isRefused() {
        assertEquals("401", ask(name("private"), "v1"));
    }

    @Test
    void registryThatIsAway_isNoRefusal() {
        var name = name("open");
        registry.stop(0);
        assertEquals("000", ask(name, "v1"));
    }

    @Test
    void pin_writesTheDigestBehindTheTag(@TempDir Path folder) throws IOException {
        for (var file : List.of("pin", "lib/registry.bash")) {
            var copy = folder.resolve("gitops").resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Manifests.GITOPS.resolve(file), copy);
        }
        var pod = Files.writeString(
                folder.resolve("gitops/pod.yaml"),
                "      - image: %1$s:v1@sha256:%2$s\n        image: %1$s:v1\n        image: martlet\n"
                        .formatted(name("open"), "b".repeat(64)));
        var dockerfile = Files.writeString(
                folder.resolve("Dockerfile"),
                "FROM --platform=$BUILDPLATFORM %s:v1@sha256:%s AS jar\nFROM runtime\n"
                        .formatted(name("open"), "b".repeat(64)));
        Tool.BASH.run(folder.resolve("gitops/pin")).ok();
        assertEquals(
                "      - image: %1$s:v1@%2$s\n        image: %1$s:v1@%2$s\n        image: martlet\n"
                        .formatted(name("open"), DIGEST),
                Files.readString(pod));
        assertEquals(
                "FROM --platform=$BUILDPLATFORM %s:v1@%s AS jar\nFROM runtime\n".formatted(name("open"), DIGEST),
                Files.readString(dockerfile));
    }

    private String name(String repository) {
        return "127.0.0.1:" + registry.getAddress().getPort() + "/jane/" + repository;
    }

    private static String ask(String name, String reference) {
        return Tool.BASH
                .run(
                        "-c",
                        "set -euo pipefail; source gitops/lib/registry.bash; ask_registry \"$0\" \"$1\"",
                        name,
                        reference)
                .ok()
                .strip();
    }
}
