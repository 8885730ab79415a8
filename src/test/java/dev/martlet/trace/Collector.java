package dev.martlet.trace;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/// An OpenTelemetry collector. It takes spans by OTLP over HTTP, and shows them as trees.
///
/// ```java
/// try (var collector = new Collector()) {
///     Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
///     collector.tree(traceId);
/// }
/// ```
public final class Collector implements AutoCloseable {

    private final HttpServer server;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<Resource> resources = new CopyOnWriteArrayList<>();

    public Collector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", this::take);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            var request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
            request.getResourceSpansList().forEach(group -> {
                resources.add(group.getResource());
                group.getScopeSpansList().forEach(scope -> spans.addAll(scope.getSpansList()));
            });
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /// Those with this name.
    public List<Span> named(String name) {
        return spans.stream().filter(span -> span.getName().equals(name)).toList();
    }

    /// What the sender says about itself.
    public Map<String, String> resource() {
        return resources.isEmpty() ? Map.of() : attributes(resources.getLast().getAttributesList());
    }

    public static Map<String, String> attributes(Span span) {
        return attributes(span.getAttributesList());
    }

    private static Map<String, String> attributes(List<KeyValue> attributes) {
        var all = new HashMap<String, String>();
        attributes.forEach(attribute -> all.put(
                attribute.getKey(),
                attribute.getValue().hasIntValue()
                        ? Long.toString(attribute.getValue().getIntValue())
                        : attribute.getValue().getStringValue()));
        return all;
    }

    public static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    /// The spans of a trace below a parent, a line each, in the order in which they began.
    ///
    /// @param parent the span of the request's sender, which the collector does not have
    public String tree(String traceId, String parent) {
        var lines = new ArrayList<String>();
        below(parent, "", traceId, lines);
        return String.join("\n", lines);
    }

    private void below(String parent, String indent, String traceId, List<String> lines) {
        spans.stream()
                .filter(span -> hex(span.getTraceId()).equals(traceId)
                        && hex(span.getParentSpanId()).equals(parent))
                .sorted(Comparator.comparingLong(Span::getStartTimeUnixNano))
                .forEach(span -> {
                    lines.add(indent + span.getName() + " "
                            + span.getKind().name().replace("SPAN_KIND_", ""));
                    below(hex(span.getSpanId()), indent + "  ", traceId, lines);
                });
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
