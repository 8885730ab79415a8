package dev.martlet.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.martlet.Pod;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/// What traces cost: Martlet with and without a collector in turns, each in its own pod, during its first half minute.
final class Traced {

    /// The collector.
    static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static final int ROUNDS = 3;
    private static final int CONNECTIONS = 32;
    private static final int DOCUMENTS = 10_000;
    private static final int POST_STEPS = 5;
    private static final int GET_STEPS = 2;

    private static final String WITH = "pod: with traces: ";
    private static final String WITHOUT = "pod: without traces: ";
    private static final String READY_WALL = "s from start to ready";
    private static final String READY_CPU = "CPU s from start to ready";
    private static final String READY_RESIDENT = "MiB resident when ready";
    private static final String POST = "POST/s, from 15 s on";
    private static final String GET = "GET by id/s, from 5 s on";
    private static final String RESIDENT = "MiB resident after load";

    private final Report report;
    private final String uri;
    private final Ceiling ceiling;
    private final LongAdder spans = new LongAdder();

    Traced(Report report, String uri, Ceiling ceiling) {
        this.report = report;
        this.uri = uri;
        this.ceiling = ceiling;
    }

    void measure() throws IOException, InterruptedException {
        var collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", this::take);
        collector.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        collector.start();
        try {
            String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort();
            for (int round = 1; round <= ROUNDS; round++) {
                System.out.println("Traces, round " + round + " of " + ROUNDS);
                // An empty variable counts as unset, whatever the benchmark itself has.
                Confined.inPod(pod -> measure(WITHOUT, "", pod));
                Confined.inPod(pod -> measure(WITH, endpoint, pod));
            }
        } finally {
            collector.stop(0);
        }
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            ExportTraceServiceRequest.parseFrom(exchange.getRequestBody()).getResourceSpansList().stream()
                    .flatMap(resource -> resource.getScopeSpansList().stream())
                    .forEach(scope -> spans.add(scope.getSpansCount()));
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private void measure(String which, String endpoint, Pod pod) throws IOException, InterruptedException {
        ceiling.clear();
        spans.reset();
        long started = System.nanoTime();
        try (Contender martlet = Martlet.start(uri, Martlet.hasAotCache(), pod, Map.of(ENDPOINT, endpoint))) {
            martlet.ready();
            report.add(which + READY_WALL, (System.nanoTime() - started) / 1e9);
            report.add(which + READY_CPU, martlet.program().cpuSeconds());
            report.add(which + READY_RESIDENT, martlet.program().residentMebibytes());
            int port = martlet.port();
            report.add(which + POST, Steps.from(Steps.post(port, CONNECTIONS, POST_STEPS), 3));
            List<String> paths =
                    ceiling.fill(DOCUMENTS).stream().map(id -> "/data/" + id).toList();
            report.add(which + GET, Steps.from(Steps.run(() -> Client.get(port, paths), CONNECTIONS, GET_STEPS, 0), 1));
            report.add(which + RESIDENT, martlet.program().residentMebibytes());
        }
        if (!endpoint.isEmpty()) {
            report.add(which + "spans that arrived", (double) spans.sum());
        }
    }

    /// A service without traces pays nothing for them, so it has the goals. These are what traces may cost.
    static void targets(Report report) {
        report.ratioAtLeast("in the pod: POST with traces ÷ without", WITH + POST, WITHOUT + POST, 0.5);
        report.ratioAtLeast("in the pod: GET by id with traces ÷ without", WITH + GET, WITHOUT + GET, 0.5);
        report.atMost("in the pod, with traces: " + READY_WALL, WITH + READY_WALL, 2.5);
        report.atMost("in the pod, with traces: " + RESIDENT, WITH + RESIDENT, 200);
    }
}
