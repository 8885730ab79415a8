package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import dev.martlet.SharedDatabase;
import dev.martlet.http.Exchange;
import dev.martlet.http.Instance;
import dev.martlet.http.Route;
import dev.martlet.store.DocumentStore;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `/openapi` and the service agree: no route, method, parameter or status is on one side only.
///
/// [Client] checks in every test that no answer has an undescribed status, type or header.
class OpenApiTest {

    /// The embedded database cannot cause these. It takes every filter that the service lets through, and it has
    /// change streams. It has no further unique indexes: RefusingDatabaseTest covers those. FeedTest covers the end
    /// of a stream.
    private static final Set<String> OUT_OF_REACH = Set.of(
            "GET /data 422",
            "HEAD /data 422",
            "PUT /data/{id} 409",
            "PATCH /data/{id} 409",
            "GET /data 410",
            "HEAD /data 410",
            "GET /data 501",
            "HEAD /data 501");

    @RegisterExtension
    static final Service service = Service.with("MAX_BODY_BYTES", "1000");

    private static final Service GUARDED = Service.with("API_TOKEN", "secret");
    private static final Service AWAY =
            Service.with("MONGODB_URI", "mongodb://127.0.0.1:1", "REQUEST_TIMEOUT", "PT0.2S");

    private final Client client = new Client(service::port);

    @BeforeAll
    static void start() throws Exception {
        GUARDED.start();
        AWAY.start();
    }

    @AfterAll
    static void stop() {
        GUARDED.close();
        AWAY.close();
    }

    @Test
    void document_isVersion31() {
        Answer answer = client.get("/openapi");

        assertEquals("application/json", answer.header("Content-Type"));
        assertEquals("3.1.1", answer.text("openapi"));
    }

    /// The cursor of a long `_id` that nobody has.
    private static final String GONE = "MgAAAAVzaGEyNTYAIAAAAAAoO7ne7wLmhDq_tTjvoeynCAG9inAcP5gZHhI0ljOSRwA";

    @Test
    void operations_areThoseOfTheRoutes() {
        var operations = new TreeSet<String>();
        try (var store = new DocumentStore(
                SharedDatabase.access(), "openapi", Duration.ofSeconds(1), (operation, nanos, failed) -> {})) {
            new Api(
                            new Exchange(Instance.of(Optional.empty(), "1"), Optional.empty(), false),
                            store,
                            new Limits(1, 1, Duration.ofSeconds(1)),
                            Optional.empty(),
                            inserted -> {},
                            Optional::empty,
                            filter -> document -> true)
                    .routes()
                    .forEach(route -> add(operations, route));
        }
        Api.observed().forEach(route -> add(operations, route));

        assertEquals(operations, new TreeSet<>(Described.operations()));
    }

    private static void add(Set<String> operations, Route route) {
        for (String method : route.allow().split(", ", -1)) {
            operations.add(method + " " + route.pattern());
        }
    }

    @Test
    void parameters_areThoseThatAreRead() {
        assertEquals(ListingParameters.NAMES, Described.parameters("GET /data", "query"));
        assertEquals(Set.of("Last-Event-ID", "X-Request-Id"), Described.parameters("GET /data", "header"));
        assertEquals(Set.of("Idempotency-Key", "X-Request-Id"), Described.parameters("POST /data", "header"));
        for (String method : Set.of("GET", "HEAD", "PUT", "PATCH", "DELETE")) {
            assertEquals(
                    Set.of("If-Match", "If-None-Match", "X-Request-Id"),
                    Described.parameters(method + " /data/{id}", "header"));
            assertEquals(Set.of("id"), Described.parameters(method + " /data/{id}", "path"));
            assertEquals(
                    method.equals("PUT") ? Set.of() : Set.of("by"),
                    Described.parameters(method + " /data/{id}", "query"));
        }
    }

    @Test
    void absence_ofTheDatabaseTellsNothingOfItsInside() {
        var away = new Client(AWAY::port);
        // A change that was never sent was not made.
        for (Answer answer : List.of(away.get("/data/a"), away.post("{}"), away.put("/data/a", "{}"))) {
            assertEquals(503, answer.status());
            assertEquals("2", answer.header("Retry-After"));
            assertTrue(
                    answer.text("detail")
                            .matches("The database (did not answer in time|is away): try again in a moment\\."),
                    answer::toString);
        }
    }

    static Stream<String> described() {
        var all = new LinkedHashSet<String>();
        for (String operation : Described.operations()) {
            Described.statuses(operation).forEach(status -> all.add(operation + " " + status));
        }
        all.removeAll(OUT_OF_REACH);
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("described")
    void status_isSeen(String described) throws Exception {
        String[] parts = described.split(" ", -1);
        int status = Integer.parseInt(parts[2]);

        assertEquals(
                status, provoke(parts[0], parts[1].replace("{id}", "a"), status).status());
    }

    private Answer provoke(String method, String path, int status) throws Exception {
        if (path.equals("/data/a") && status != 404 && status != 201) {
            client.put("/data/a", "{\"n\":1}");
        }
        return switch (status) {
            case 304 -> client.send(method, path, "", "If-None-Match", "*");
            case 400 ->
                path.equals("/data") && !method.equals("POST")
                        ? client.send(method, path + "?limit=x", "")
                        : client.send(method, path, "x", "If-Match", "x", "Content-Type", type(method));
            case 401 -> new Client(GUARDED::port).send(method, path, "{}", "Content-Type", type(method));
            case 404 ->
                client.send(
                        method,
                        path.equals("/data") ? path + "?cursor=" + GONE : path,
                        "{}",
                        "Content-Type",
                        type(method));
            case 406 -> client.send(method, path, "", "Accept", "image/png");
            case 409 -> {
                client.put("/data/a", "{}");
                yield client.send(method, path, "{\"_id\":\"a\"}", "Content-Type", type(method));
            }
            case 411 -> {
                try (Wire wire = client.wire()) {
                    yield wire.request(method, path, "Content-Type", type(method))
                            .answer();
                }
            }
            case 412 -> client.send(method, path, "{}", "If-Match", "\"x\"", "Content-Type", type(method));
            case 413 -> client.send(method, path, "{\"t\":\"" + "x".repeat(1000) + "\"}", "Content-Type", type(method));
            case 415 -> client.send(method, path, "{}", "Content-Type", "text/plain");
            case 422 -> client.send(method, path, "{\"n\":1,\"n\":2}", "Content-Type", type(method));
            case 503 -> new Client(AWAY::port).send(method, path, "{}", "Content-Type", type(method));
            default -> client.send(method, path, "{}", "Content-Type", type(method));
        };
    }

    private static String type(String method) {
        return method.equals("PATCH") ? Client.MERGE_PATCH : Client.JSON;
    }
}
