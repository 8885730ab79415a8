package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every library in `target/libs` is used: a run loads one of its classes, or there is a reason why not.
class LibrariesTest {

    /// The reason, by the beginning of a library's name.
    private static final Map<String, String> NEEDED_ALL_THE_SAME = Map.of(
            "opentelemetry-", "traces, which OTEL_EXPORTER_OTLP_ENDPOINT turns on",
            "helidon-common-key-util-", "helidon-common-tls links to it, which is loaded",
            "helidon-common-security-", "helidon-webserver links to it, which is loaded",
            "helidon-http-http1-", "helidon-webserver links to it, which is loaded",
            "helidon-logging-common-", "helidon links to it, which is loaded",
            "helidon-service-metadata-", "helidon-service-registry links to it, which is loaded");

    private static final Pattern SOURCE = Pattern.compile("source: \\S*/([^/\\s]+\\.jar)");

    @TempDir
    Path folder;

    @Test
    void libraries_haveAClassThatARunLoads() throws Exception {
        Path log = folder.resolve("classes.log");
        try (var service = ServiceProcess.start(
                Map.of("DATA_DIR", folder.resolve("data").toString(), "ACCESS_LOG", "true"),
                "-XX:+UseSerialGC",
                "-Xlog:class+load:file=" + log)) {
            useAll(service);
            assertEquals(0, service.stop(), service::toString);
        }
        Set<String> unused = names(Path.of("target/libs"));
        try (var lines = Files.lines(log)) {
            lines.forEach(line -> {
                var source = SOURCE.matcher(line);
                if (source.find()) {
                    unused.remove(source.group(1));
                }
            });
        }
        unused.removeIf(name -> NEEDED_ALL_THE_SAME.keySet().stream().anyMatch(name::startsWith));
        assertEquals(Set.of(), unused, "nothing loads these: exclude them in pom.xml, and `mvn clean`");
    }

    private static Set<String> names(Path libraries) throws Exception {
        try (var files = Files.list(libraries)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static void useAll(ServiceProcess service) throws Exception {
        String pattern = URLEncoder.encode("{\"s\":{\"$regex\":\"^a\"}}", StandardCharsets.UTF_8);
        assertEquals(201, service.post("{\"_id\":\"a\",\"n\":1e30}").statusCode());
        assertEquals(201, service.post("[{\"n\":1},{\"n\":2}]").statusCode());
        assertEquals(400, service.post("{").statusCode());
        for (var request : Map.of("application/json", "{\"s\":\"abc\"}", "application/x-ndjson", "{\"n\":3}\n{\"n\":4}")
                .entrySet()) {
            var post = HttpRequest.newBuilder(service.uri("/data"))
                    .header("Content-Type", request.getKey())
                    .POST(BodyPublishers.ofString(request.getValue()));
            assertEquals(201, service.send(post).statusCode());
        }
        for (String path : Set.of(
                "/",
                "/data",
                "/data/a",
                "/data?limit=1&sort=-n&fields=n",
                "/data?filter=" + pattern,
                "/health",
                "/openapi",
                "/who",
                "/metrics")) {
            assertEquals(200, service.status(path), path);
        }
        for (String type : Set.of("application/json", "application/openmetrics-text", "text/plain")) {
            var metrics = HttpRequest.newBuilder(service.uri("/metrics")).header("Accept", type);
            assertEquals(200, service.send(metrics).statusCode(), type);
        }
        var page = HttpRequest.newBuilder(service.uri("/"))
                .header("Accept", "text/html")
                .header("Accept-Encoding", "gzip");
        assertEquals(200, service.send(page).statusCode());
    }
}
