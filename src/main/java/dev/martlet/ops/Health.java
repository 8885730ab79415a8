package dev.martlet.ops;

import dev.martlet.store.Breaker;
import io.helidon.health.HealthCheck;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.metrics.MetricsObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// `/health` and `/metrics`.
///
/// Readiness says whether the next request would succeed. It answers from memory, because the store pings the
/// database anyway. It stays up during an outage that requests can wait out. Otherwise an election would take every
/// pod out of the Service at once, and turn a pause into errors. Liveness says that the process answers, and
/// nothing about the database.
public final class Health {

    private Health() {}

    /// @param storage why the disk under the database takes no writes, empty if it does; none if the database is in
    /// another process
    public static ObserveFeature feature(
            Breaker database, Optional<Supplier<Optional<String>>> storage, Drain drain, Meters meters, String socket) {
        var health = HealthObserver.builder()
                .endpoint("/health")
                .details(true)
                .useSystemServices(false)
                .addCheck(check("process", HealthCheckType.LIVENESS, () -> true, () -> "answers"))
                .addCheck(check("database", HealthCheckType.READINESS, database::ready, () -> means(database)))
                .addCheck(check(
                        "accepting",
                        HealthCheckType.READINESS,
                        () -> !drain.draining(),
                        () -> drain.draining() ? "shutting down" : "not shutting down"))
                .addCheck(check("started", HealthCheckType.STARTUP, () -> true, () -> "listening"));
        storage.ifPresent(trouble -> health.addCheck(
                check("storage", HealthCheckType.READINESS, () -> trouble.get().isEmpty(), () -> trouble.get()
                        .orElse("takes writes"))));
        return ObserveFeature.builder()
                .observersDiscoverServices(false)
                .sockets(List.of(socket))
                .addObserver(health.build())
                .addObserver(MetricsObserver.builder()
                        .endpoint("/metrics")
                        .meterRegistry(meters.registry())
                        .build())
                .build();
    }

    private static String means(Breaker database) {
        Duration missing = database.missing();
        return missing.isZero()
                ? "reachable"
                : (database.reached() ? "no answer since " : "never an answer since ")
                        + Instant.now().minus(missing).truncatedTo(ChronoUnit.SECONDS);
    }

    private static HealthCheck check(String name, HealthCheckType type, BooleanSupplier up, Supplier<String> meaning) {
        return new HealthCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public HealthCheckType type() {
                return type;
            }

            @Override
            public HealthCheckResponse call() {
                return HealthCheckResponse.builder()
                        .status(up.getAsBoolean())
                        .detail("means", meaning.get())
                        .build();
            }
        };
    }
}
