package dev.martlet.ops;

import dev.martlet.store.Observer;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.MetricsFactory;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import jdk.management.VirtualThreadSchedulerMXBean;

/// What the service counts and times.
///
/// | meter | tags | what |
/// |---|---|---|
/// | `http_server_requests_seconds` (histogram) | `route`, `method`, `status` | from its head to its answer's end |
/// | `http_server_active_requests` | | requests in flight |
/// | `documents_inserted_total` | | documents stored by `POST` |
/// | `db_operations_seconds` (histogram) | `operation` | waiting and retries included |
/// | `db_operation_failures_total` | `operation` | operations that ended without an answer |
/// | `db_turns_waited_seconds` | | commands that had to wait for their turn at the database, and how long |
/// | `memory_budget_size_bytes`, `memory_budget_used_bytes` | | memory that bodies and answers may take, and take |
/// | `martlet_watchers` | | clients that watch changes |
/// | `martlet_feed_lag_seconds` | | age of the latest change when it was sent; without the database, for how long |
/// | `vthreads_mounted`, `vthreads_queued` | | virtual threads that run, and those that wait for a processor |
///
/// Helidon adds its meters of the JVM. Its meters of virtual threads are off: they need Flight Recorder, and
/// starting the recorder doubles the processor time of a start.
public final class Meters implements Observer {

    /// From the time of a cached read to `REQUEST_TIMEOUT`.
    private static final Duration[] BUCKETS = java.util.stream.LongStream.of(
                    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private static final MetricsConfig CONFIG = MetricsConfig.create();
    private static final String IN_FLIGHT = "http.server.active.requests";

    /// Other methods are counted as `other`. A meter for each method that a client makes up would be kept for ever.
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private record Request(String route, String method, int statusClass) {}

    private final MeterRegistry registry;
    private final Map<Request, Timer> requests = new ConcurrentHashMap<>();
    private final Map<String, Timer> operations = new ConcurrentHashMap<>();
    private final Counter inserted;
    private final Timer turns;

    public Meters(Supplier<Integer> inFlight) {
        // Helidon shows only its global registry as Prometheus text.
        registry = MetricsFactory.getInstance().globalRegistry(CONFIG);
        inserted = registry.getOrCreate(Counter.builder("documents.inserted").description("Documents stored by POST"));
        turns = registry.getOrCreate(Timer.builder("db.turns.waited")
                .description("Commands that had to wait for their turn")
                .percentiles(new double[0]));
        gauge(IN_FLIGHT, "", "Requests in flight", inFlight);
        registry.getOrCreate(Gauge.builder("vthreads.mounted", () -> scheduler().getMountedVirtualThreadCount())
                .description("Virtual threads that run"));
        registry.getOrCreate(Gauge.builder("vthreads.queued", () -> scheduler().getQueuedVirtualThreadCount())
                .description("Virtual threads that wait for a processor"));
    }

    /// Looked up at each scrape and not kept. The platform's MBeans take time to start, and are not needed before.
    private static VirtualThreadSchedulerMXBean scheduler() {
        return ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    }

    MeterRegistry registry() {
        return registry;
    }

    /// @param route the route's pattern, such as `/data/{id}`
    public void request(String route, String method, int status, long nanos) {
        String known = METHODS.contains(method) ? method : "other";
        requests.computeIfAbsent(new Request(route, known, status / 100), this::requestTimer)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer requestTimer(Request request) {
        return registry.getOrCreate(Timer.builder("http.server.requests")
                .description("Requests answered")
                .tags(List.of(
                        Tag.create("route", request.route()),
                        Tag.create("method", request.method()),
                        Tag.create("status", request.statusClass() + "xx")))
                .percentiles(new double[0])
                .buckets(BUCKETS));
    }

    public void inserted(int documents) {
        inserted.increment(documents);
    }

    @Override
    public void completed(String operation, long nanos, boolean failed) {
        operations.computeIfAbsent(operation, this::operationTimer).record(nanos, TimeUnit.NANOSECONDS);
        if (failed) {
            registry.getOrCreate(Counter.builder("db.operation.failures")
                            .description("Operations that ended without an answer of the database")
                            .tags(List.of(Tag.create("operation", operation))))
                    .increment();
        }
    }

    @Override
    public void waited(long nanos) {
        turns.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// Shows a number that somebody else keeps. A second service in the same JVM, as in tests, takes the gauge
    /// over.
    ///
    /// @param unit of the value; empty for a plain number
    public void gauge(String name, String unit, String description, Supplier<? extends Number> value) {
        registry.remove(name, List.of());
        var gauge = Gauge.builder(name, () -> value.get().doubleValue()).description(description);
        registry.getOrCreate(unit.isEmpty() ? gauge : gauge.baseUnit(unit));
    }

    private Timer operationTimer(String operation) {
        return registry.getOrCreate(Timer.builder("db.operations")
                .description("Operations on the database, waiting and retries included")
                .tags(List.of(Tag.create("operation", operation)))
                .percentiles(new double[0])
                .buckets(BUCKETS));
    }
}
