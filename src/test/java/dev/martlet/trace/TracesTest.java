package dev.martlet.trace;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A request is one tree at the collector. Without a collector, no class of OpenTelemetry is loaded.
@Timeout(120)
class TracesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE + "-" + PARENT + "-01";

    @TempDir
    private Path folder;

    private ServiceProcess start(Map<String, String> settings) throws Exception {
        var all = new HashMap<>(settings);
        all.put("DATA_DIR", folder.resolve("data").toString());
        var service = ServiceProcess.start(all);
        service.await("/health/ready", 200, PATIENCE);
        // Asks the database what it is, which only the first request does.
        assertEquals(201, service.post("{\"first\":true}").statusCode());
        return service;
    }

    private ServiceProcess start(Collector collector, String... more) throws Exception {
        var settings = new HashMap<String, String>();
        settings.put("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        settings.put("OTEL_BSP_SCHEDULE_DELAY", "50");
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return start(settings);
    }

    private static HttpResponse<String> send(ServiceProcess service, String method, String path, String body)
            throws Exception {
        return service.send(HttpRequest.newBuilder(service.uri(path))
                .header("Content-Type", "application/json")
                .header("User-Agent", "test")
                .header("traceparent", TRACEPARENT)
                .header("tracestate", "vendor=value")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
    }

    @Test
    void request_isOneTree() throws Exception {
        try (var collector = new Collector();
                var service = start(collector)) {
            var answer = send(service, "POST", "/data", "{\"secret\":\"hunter2\"}");

            assertEquals(201, answer.statusCode());
            eventually(PATIENCE, () -> assertEquals("""
                            POST /data SERVER
                              read body INTERNAL
                              wait for turn INTERNAL
                              insert data CLIENT
                              write answer INTERNAL""", collector.tree(TRACE, PARENT)));
            Span request = collector.named("POST /data").getLast();
            Span command = collector.named("insert data").getLast();
            assertAll(
                    () -> assertEquals("vendor=value", request.getTraceState()),
                    () -> assertEquals(
                            "00-" + TRACE + "-" + Collector.hex(request.getSpanId()) + "-01",
                            answer.headers().firstValue("traceresponse").orElse("")),
                    () -> assertEquals("""
                            {client.address=127.0.0.1, http.request.method=POST, http.response.status_code=201, \
                            http.route=/data, martlet.waited_ms=0, network.protocol.version=1.1, url.path=/data, \
                            url.scheme=http, user_agent.original=test}""", new TreeMap<>(Collector.attributes(request)).toString()),
                    () -> assertEquals(
                            """
                            {db.collection.name=data, db.namespace=martlet, db.operation.name=insert, \
                            db.system.name=mongodb, martlet.attempt=1, server.address=127.0.0.1, server.port=*}""",
                            new TreeMap<>(Collector.attributes(command))
                                    .toString()
                                    .replaceAll("port=\\d+", "port=*")),
                    () -> assertEquals(
                            Status.StatusCode.STATUS_CODE_UNSET,
                            request.getStatus().getCode()),
                    () -> assertEquals(
                            "martlet development",
                            collector.resource().get("service.name") + " "
                                    + collector.resource().get("service.version")),
                    () -> assertFalse(
                            collector.spans().toString().contains("hunter2"), () -> "a document is in a span"),
                    () -> assertEquals(List.of(), service.stackTraces()));
        }
    }

    @Test
    void listingAndRefusal_areTrees() throws Exception {
        try (var collector = new Collector();
                var service = start(
                        collector,
                        "OTEL_SERVICE_NAME",
                        "mine",
                        "SERVED_BY",
                        "pod-1",
                        "OTEL_RESOURCE_ATTRIBUTES",
                        "deployment.environment.name=test")) {
            // The first listing looks how large documents are.
            assertEquals(200, service.status("/data"));
            assertEquals(
                    200,
                    send(service, "GET", "/data?filter=%7B%22secret%22%3A1%7D", "")
                            .statusCode());
            eventually(PATIENCE, () -> assertEquals("""
                            GET /data SERVER
                              write answer INTERNAL
                              wait for turn INTERNAL
                              find data CLIENT""", collector.tree(TRACE, PARENT)));
            assertFalse(collector.spans().toString().contains("secret"), "a filter is in a span");

            assertEquals(404, send(service, "BREW", "/nothing", "").statusCode());
            eventually(PATIENCE, () -> assertEquals(1, collector.named("HTTP").size()));
            assertEquals(
                    "BREW",
                    Collector.attributes(collector.named("HTTP").getFirst()).get("http.request.method_original"));
            assertEquals(
                    Map.of("name", "mine", "instance", "pod-1", "environment", "test"),
                    Map.of(
                            "name", String.valueOf(collector.resource().get("service.name")),
                            "instance", String.valueOf(collector.resource().get("service.instance.id")),
                            "environment", String.valueOf(collector.resource().get("deployment.environment.name"))));
        }
    }

    @Test
    void sampler_isObeyed_andTheIdIsInTheLogAllTheSame() throws Exception {
        try (var collector = new Collector();
                var service = start(
                        collector,
                        "OTEL_TRACES_SAMPLER",
                        "parentbased_traceidratio",
                        "OTEL_TRACES_SAMPLER_ARG",
                        "0",
                        "ACCESS_LOG",
                        "true",
                        "LOG_FORMAT",
                        "json")) {
            assertEquals(201, service.post("{}").statusCode());
            assertEquals(201, send(service, "POST", "/data", "{}").statusCode());
            eventually(
                    PATIENCE,
                    () -> assertTrue(
                            collector.tree(TRACE, PARENT).startsWith("POST /data SERVER"),
                            collector.spans()::toString));

            assertEquals(1, collector.named("POST /data").size());
            List<String> lines = service.log().stream()
                    .filter(line -> line.contains("\"route\":\"/data\""))
                    .toList();
            assertEquals(3, lines.size(), service::logText);
            assertTrue(
                    lines.stream().allMatch(line -> line.matches(".*\"traceId\":\"[0-9a-f]{32}\".*")),
                    service::logText);
            assertTrue(lines.getLast().contains("\"traceId\":\"" + TRACE + "\""), service::logText);
        }
    }

    @Test
    void end_sendsWhatIsLeft() throws Exception {
        try (var collector = new Collector();
                var service = start(collector, "OTEL_BSP_SCHEDULE_DELAY", "600000")) {
            assertEquals(200, send(service, "GET", "/data", "").statusCode());
            assertEquals("", collector.tree(TRACE, PARENT));

            assertEquals(0, service.stop());
            assertTrue(collector.tree(TRACE, PARENT).startsWith("GET /data SERVER"), collector.spans()::toString);
        }
    }

    @Test
    void end_doesNotWaitForACollectorThatHangs() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var service = start(Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://127.0.0.1:" + silent.getLocalPort(),
                        "OTEL_BSP_SCHEDULE_DELAY",
                        "600000"))) {
            assertEquals(200, service.status("/data"));
            long started = System.nanoTime();
            assertEquals(0, service.stop());
            Duration took = Duration.ofNanos(System.nanoTime() - started);

            // The quiet second before the listener closes, and the two that the spans get.
            assertTrue(took.compareTo(Duration.ofSeconds(6)) < 0, took::toString);
        }
    }

    /// An access log and a traceparent work without it.
    @Test
    void withoutAnEndpoint_noClassOfOpenTelemetryIsLoaded() throws Exception {
        Path loaded = folder.resolve("loaded");
        try (var service = start(Map.of(
                "JAVA_TOOL_OPTIONS",
                "-Xlog:class+load:file=" + loaded,
                "OTEL_SERVICE_NAME",
                "none",
                "ACCESS_LOG",
                "true"))) {
            assertEquals(201, send(service, "POST", "/data", "{}").statusCode());
            assertEquals(200, send(service, "GET", "/data", "").statusCode());
            assertEquals(0, service.stop());
        }
        List<String> classes = Files.readAllLines(loaded);
        assertTrue(classes.stream().anyMatch(line -> line.contains("dev.martlet.trace.Span")), "nothing was logged");
        assertEquals(
                List.of(),
                classes.stream().filter(line -> line.contains("opentelemetry")).toList());
    }

    /// The JDK's client takes as long to start as the rest of the SDK. So it starts with the first spans that are sent.
    @Test
    void withAnEndpoint_theClientIsLoadedWhenThereIsSomethingToSend() throws Exception {
        Path loaded = folder.resolve("loaded");
        try (var collector = new Collector();
                var service = start(
                        collector,
                        "OTEL_BSP_SCHEDULE_DELAY",
                        "600000",
                        "JAVA_TOOL_OPTIONS",
                        "-Xlog:class+load:file=" + loaded)) {
            String atTheStart = Files.readString(loaded);
            assertTrue(atTheStart.contains("io.opentelemetry.sdk.OpenTelemetrySdk"), "nothing was logged");
            assertFalse(atTheStart.contains("java.net.http.HttpClient"), "the client is there");
            assertFalse(atTheStart.contains("javax.net.ssl.SSLContext "), "TLS is prepared");

            assertEquals(0, service.stop());
            assertTrue(Files.readString(loaded).contains("java.net.http.HttpClient"), "nothing was sent");
            assertEquals(1, collector.named("POST /data").size());
        }
    }

    @Test
    void endpointThatIsNoUrl_stopsTheStart() throws Exception {
        var ended = ServiceProcess.runToEnd(
                Map.of("DATA_DIR", folder.toString(), "OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"));

        assertEquals(1, ended.status());
        assertEquals(
                "Martlet cannot start: OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318 is not an http(s) URL: "
                        + "give the collector's, such as http://collector:4318\n",
                ended.output());
    }

    @Test
    void headersThatAreNone_stopTheStart_andAreNotShown() throws Exception {
        var ended = ServiceProcess.runToEnd(Map.of(
                "DATA_DIR",
                folder.toString(),
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:1",
                "OTEL_EXPORTER_OTLP_HEADERS",
                "hunter2"));

        assertEquals(1, ended.status());
        assertEquals(
                "Martlet cannot start: An OTEL_ variable is wrong: OTEL_EXPORTER_OTLP_HEADERS is no list of headers: "
                        + "write them as name=value,other=value\n",
                ended.output());
    }

    @Test
    void variableThatTheSdkDoesNotUnderstand_stopsTheStart() throws Exception {
        var ended = ServiceProcess.runToEnd(Map.of(
                "DATA_DIR",
                folder.toString(),
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:1",
                "OTEL_TRACES_SAMPLER",
                "sometimes"));

        assertEquals(1, ended.status());
        assertEquals(
                1,
                ended.output()
                        .lines()
                        .filter(line -> line.startsWith("Martlet cannot start: An OTEL_ variable is wrong: ")
                                && line.contains("sometimes"))
                        .count(),
                ended::output);
        assertFalse(ended.output().contains("\tat "), ended::output);
    }
}
