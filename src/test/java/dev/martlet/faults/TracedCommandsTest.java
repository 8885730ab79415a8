package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.trace.Collector;
import io.opentelemetry.proto.trace.v1.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a trace tells about repeated commands, and about commands that serve several requests.
@Timeout(60)
class TracedCommandsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int CLIENTS = 24;

    private static ServiceProcess start(Collector collector, ScriptedDatabase database) throws Exception {
        var service = ServiceProcess.start(Map.of(
                "MONGODB_URI",
                database.uri(),
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                collector.endpoint(),
                "OTEL_BSP_SCHEDULE_DELAY",
                "50"));
        service.await("/health/ready", 200, PATIENCE);
        return service;
    }

    @Test
    void repeatedCommand_isASpanForEachTry() throws Exception {
        var tries = new AtomicInteger();
        try (var collector = new Collector();
                var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    case "insert" ->
                        tries.incrementAndGet() < 3
                                ? ScriptedDatabase.failure(10107, "NotWritablePrimary", "no longer the primary")
                                : new Document("ok", 1).append("n", 1);
                    default -> ScriptedDatabase.found();
                });
                var service = start(collector, database)) {
            assertEquals(201, service.post("{}").statusCode());

            eventually(
                    PATIENCE,
                    () -> assertEquals(
                            List.of("1 10107", "2 10107", "3 null"),
                            collector.named("insert data").stream()
                                    .map(Collector::attributes)
                                    .map(span ->
                                            span.get("martlet.attempt") + " " + span.get("db.response.status_code"))
                                    .toList()));
        }
    }

    @Test
    void commandOfSeveralRequests_linksThem() throws Exception {
        try (var collector = new Collector();
                var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    case "insert" -> slowly(command.getArray("documents").size());
                    default -> ScriptedDatabase.found();
                });
                var service = start(collector, database);
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                answers.add(clients.submit(() -> service.post("{}").statusCode()));
            }
            for (Future<Integer> answer : answers) {
                assertEquals(201, answer.get());
            }
            eventually(
                    PATIENCE,
                    () -> assertEquals(CLIENTS, collector.named("POST /data").size()));
            List<Span> commands = collector.named("insert data");
            var linked = commands.stream()
                    .flatMap(command -> command.getLinksList().stream())
                    .map(link -> Collector.hex(link.getSpanId()))
                    .toList();
            var requests = collector.named("POST /data").stream()
                    .map(span -> Collector.hex(span.getSpanId()))
                    .collect(toSet());
            assertAll(
                    () -> assertTrue(commands.size() < CLIENTS, () -> commands.size() + " commands"),
                    () -> assertEquals(CLIENTS - commands.size(), linked.size(), "each of the others once"),
                    () -> assertTrue(requests.containsAll(linked)),
                    () -> assertEquals(
                            linked.size(), collector.named("insert with others").size()),
                    () -> commands.stream()
                            .filter(command -> command.getLinksCount() > 0)
                            .forEach(command -> assertEquals(
                                    Integer.toString(command.getLinksCount() + 1),
                                    Collector.attributes(command).get("db.operation.batch.size"))));
        }
    }

    private static Document slowly(int documents) {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return new Document("ok", 1).append("n", documents);
    }
}
