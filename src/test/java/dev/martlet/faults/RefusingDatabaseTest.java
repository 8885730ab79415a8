package dev.martlet.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A database that answers but refuses. The client gets a 503, and the log has the cure, once. The tests run side by
/// side, each with a service and a database of its own, because most wait for a time-out.
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class RefusingDatabaseTest {

    private static final Duration GENEROUS = Duration.ofSeconds(20);
    private static final Document NOT_ALLOWED = ScriptedDatabase.failure(
            13, "Unauthorized", "not authorized on martlet to execute command { insert: \"data\" }");

    private static ServiceProcess serviceOf(ScriptedDatabase database) throws Exception {
        return ServiceProcess.start(Map.of("MONGODB_URI", database.uri(), "REQUEST_TIMEOUT", "PT3S"));
    }

    private static List<String> warnings(ServiceProcess service) {
        return service.log().stream()
                .filter(line -> line.contains("WARN") || line.contains("ERROR"))
                .toList();
    }

    private static void assertWarned(String expected, ServiceProcess service) {
        assertTrue(warnings(service).getLast().contains(expected), service::logText);
    }

    private static void assertUnavailable(String detail, HttpResponse<String> answer) {
        assertUnavailable(detail, "try again in a moment", answer);
    }

    private static void assertUnavailable(String detail, String cure, HttpResponse<String> answer) {
        assertAll(
                () -> assertEquals(503, answer.statusCode(), answer::body),
                () -> assertEquals(
                        "2", answer.headers().firstValue("Retry-After").orElse("")),
                () -> assertEquals("""
                        {"type":"about:blank","title":"Service Unavailable","status":503,"detail":"%s: %s."}""".formatted(detail, cure), answer.body()));
    }

    private static void assertInDoubt(HttpResponse<String> answer) {
        assertUnavailable(
                "The database did not answer in time, so the change may have been made",
                "send it again if it has an `Idempotency-Key`, an `_id` or a condition, and look first otherwise",
                answer);
    }

    @Test
    void userWithoutTheRole_isToldAtOnce_andOnceInTheLog() throws Exception {
        var allowed = new AtomicBoolean();
        try (var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    // The ping, and documents by their id; a listing has a sort.
                    case "find" ->
                        allowed.get() || !command.containsKey("sort") ? ScriptedDatabase.found() : NOT_ALLOWED;
                    default -> allowed.get() ? new Document("ok", 1).append("n", 1) : NOT_ALLOWED;
                });
                var service = serviceOf(database)) {
            service.await("/health/ready", 200, GENEROUS);
            for (int round = 1; round <= 2; round++) {
                long started = System.nanoTime();
                for (int i = 0; i < 20; i++) {
                    assertUnavailable("The database does not accept this at present", service.post("{\"a\":1}"));
                    assertEquals(404, service.status("/data/nobody"));
                }
                assertTrue(System.nanoTime() - started < GENEROUS.toNanos(), "each took as long as it may");
                assertUnavailable("The database does not accept this at present", service.get("/data"));
                assertUnavailable("The database does not accept this at present", service.get("/data?limit=1"));
                // Once, even if it is allowed in between.
                List<String> warnings = warnings(service);
                assertEquals(2, warnings.size(), service::logText);
                assertTrue(
                        warnings.getFirst()
                                .contains(
                                        "The database refuses the operation `insert` (code 13, Unauthorized): log in as a user, with MONGO_USERNAME and MONGO_PASSWORD, "
                                                + "who has the role readWrite on the database"),
                        service::logText);
                assertTrue(
                        warnings.getLast()
                                .contains(
                                        "The database refuses the operation `scan` (code 13, Unauthorized): log in as a user, with MONGO_USERNAME and MONGO_PASSWORD, "
                                                + "who has the role readWrite on the database"),
                        service::logText);

                allowed.set(true);
                assertEquals(201, service.post("{\"a\":1}").statusCode());
                assertEquals(200, service.status("/data"));
                allowed.set(false);
            }
            assertEquals(List.of(), service.stackTraces());
        }
    }

    @Test
    void tooOldDatabase_isToldOnceInTheLog() throws Exception {
        try (var database = new ScriptedDatabase(4, command -> ScriptedDatabase.found());
                var service = serviceOf(database)) {
            var answer = service.post("{\"a\":1}");
            service.await("/health/ready", 503, GENEROUS);
            assertAll(
                    () -> assertEquals(503, answer.statusCode(), answer::body),
                    () -> assertEquals(
                            "2", answer.headers().firstValue("Retry-After").orElse("")),
                    () -> assertEquals(200, service.status("/health/live")),
                    () -> assertEquals(1, warnings(service).size(), service::logText),
                    () -> assertWarned(
                            "The database does not answer: its version is too old or too new for this service's driver; "
                                    + "use MongoDB 4.2 or later, or a newer driver",
                            service),
                    () -> assertEquals(List.of(), service.stackTraces()));
        }
    }

    /// The document of the first try is only at the primary, so it may still be lost.
    @Test
    void duplicateThatIsNotReplicated_isNotAcknowledged() throws Exception {
        var stored = new Document("_id", "stored");
        var half = new Document("ok", 1)
                .append("n", 0)
                .append(
                        "writeErrors",
                        List.of(new Document("index", 0)
                                .append("code", 11000)
                                .append("errmsg", "E11000 duplicate key")))
                .append(
                        "writeConcernError",
                        new Document("code", 64).append("errmsg", "waiting for replication timed out"));
        try (var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    case "find" -> asksFor(stored, command) ? ScriptedDatabase.found(stored) : ScriptedDatabase.found();
                    default -> half;
                });
                var service = serviceOf(database)) {
            service.await("/health/ready", 200, GENEROUS);
            for (String body : List.of("{\"_id\":\"stored\"}", "{\"_id\":\"other\"}", "[{\"_id\":\"other\"}]")) {
                assertInDoubt(service.post(body));
            }
            assertInDoubt(service.send(put(service, "other", "{}")));
            assertEquals(List.of(), service.stackTraces());
        }
    }

    /// Whatever spoils one document, the others do not suffer.
    @Test
    void documentThatSpoilsItsCommand_isRefusedAlone() throws Exception {
        var spoilt = new AtomicInteger();
        try (var database = new ScriptedDatabase(
                        ScriptedDatabase.RECENT,
                        command -> command.getFirstKey().equals("insert")
                                ? inserted(command.getArray("documents"), spoilt)
                                : ScriptedDatabase.found());
                var service = serviceOf(database);
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            service.await("/health/ready", 200, GENEROUS);
            // Repeat until they travel together, which needs the right few milliseconds.
            for (int round = 0; spoilt.get() == 0 && round < 50; round++) {
                List<Future<HttpResponse<String>>> answers = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    String body = i == 20 ? "{\"_id\":\"spoils\"}" : "{\"n\":1}";
                    answers.add(clients.submit(() -> service.post(body)));
                }
                for (int i = 0; i < 40; i++) {
                    var answer = answers.get(i).get();
                    assertEquals(i == 20 ? 422 : 201, answer.statusCode(), answer::body);
                }
            }
            assertTrue(spoilt.get() > 0, "it was never sent with others");
            assertEquals(List.of(), service.stackTraces());
        }
    }

    private static Document inserted(BsonArray documents, AtomicInteger spoilt) {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        boolean spoils =
                documents.stream().anyMatch(document -> document.asDocument().isString("_id"));
        if (!spoils) {
            return new Document("ok", 1).append("n", documents.size());
        }
        if (documents.size() > 1) {
            spoilt.incrementAndGet();
            return ScriptedDatabase.failure(8, "UnknownError", "the command as a whole fails");
        }
        return new Document("ok", 1)
                .append("n", 0)
                .append(
                        "writeErrors",
                        List.of(new Document("index", 0)
                                .append("code", 121)
                                .append("errmsg", "Document failed validation")));
    }

    @Nested
    class WhateverItSays {

        private static final int PAIRS = 3;
        private static final BlockingQueue<Pair> FREE = new ArrayBlockingQueue<>(PAIRS);

        /// A service, and a database that answers with one code at a time.
        private static final class Pair implements AutoCloseable {

            private final AtomicInteger code = new AtomicInteger();
            private final AtomicBoolean hit = new AtomicBoolean();
            private final ScriptedDatabase database =
                    new ScriptedDatabase(ScriptedDatabase.RECENT, command -> answer(command, code, hit));
            private final ServiceProcess service =
                    ServiceProcess.start(Map.of("MONGODB_URI", database.uri(), "REQUEST_TIMEOUT", "PT1S"));

            Pair() throws Exception {
                service.await("/health/ready", 200, GENEROUS);
            }

            @Override
            public void close() throws IOException {
                service.close();
                database.close();
            }
        }

        @BeforeAll
        static void start() throws Exception {
            for (int i = 0; i < PAIRS; i++) {
                FREE.add(new Pair());
            }
        }

        @AfterAll
        static void end() throws Exception {
            for (Pair pair : FREE) {
                pair.close();
            }
        }

        private static Document answer(BsonDocument command, AtomicInteger asked, AtomicBoolean hit) {
            boolean ping = command.getFirstKey().equals("find")
                    && command.getDocument("filter")
                            .get("_id", new BsonInt32(0))
                            .equals(new BsonString(""));
            if (ping || command.getFirstKey().equals("createIndexes")) {
                return ScriptedDatabase.found();
            }
            hit.set(true);
            int code = asked.get();
            return code % 2 == 0
                    ? ScriptedDatabase.failure(code, "Some", "the command fails")
                    : writeError(code, command);
        }

        /// It is not a mistake of the service. For a listing without a query, it is not the client's either.
        @ParameterizedTest
        @ValueSource(
                ints = {1, 2, 6, 8, 9, 20, 50, 91, 112, 121, 133, 189, 301, 334, 8000, 11601, 14031, 16500, 123_456})
        void errorOfWhateverCode_isNoFailureOfTheService(int code) throws Exception {
            Pair pair = FREE.take();
            try {
                pair.code.set(code);
                pair.hit.set(false);
                assertNoFailureOf(pair.service, code);
                assertTrue(pair.hit.get());
            } finally {
                FREE.add(pair);
            }
        }

        private static void assertNoFailureOf(ServiceProcess service, int code) throws Exception {
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                var listing = clients.submit(() -> service.status("/data"));
                var one = clients.submit(() -> service.status("/data/a"));
                List<Future<HttpResponse<String>>> writes = new ArrayList<>();
                for (String body : List.of("{\"_id\":\"a\"}", "[{\"_id\":\"a\"},{}]")) {
                    writes.add(clients.submit(() -> service.post(body)));
                }

                assertEquals(503, listing.get());
                assertEquals(503, one.get());
                for (var write : writes) {
                    int status = write.get().statusCode();
                    assertTrue(
                            status == 503
                                    || (status == 422 && List.of(2, 9, 121).contains(code)),
                            write.get()::body);
                }
                assertEquals(List.of(), service.stackTraces());
            }
        }
    }

    private static Document writeError(int code, BsonDocument command) {
        return command.getFirstKey().equals("find")
                ? ScriptedDatabase.failure(code, "Some", "the command fails")
                : new Document("ok", 1)
                        .append("n", 0)
                        .append("writeErrors", List.of(new Document("index", 0).append("code", code)));
    }

    /// It is not the `_id` that is taken. Trying again is of no use, and the `_id` has no place in the message.
    @Test
    void anotherUniqueIndex_isAConflictThatNamesIt() throws Exception {
        var duplicate = new Document("ok", 1)
                .append("n", 0)
                .append(
                        "writeErrors",
                        List.of(
                                new Document("index", 0)
                                        .append("code", 11000)
                                        .append(
                                                "errmsg",
                                                "E11000 duplicate key error collection: martlet.data index: email_1 dup key: { email: \"a\" }")));
        try (var database = new ScriptedDatabase(
                        ScriptedDatabase.RECENT,
                        command -> command.getFirstKey().equals("find") ? ScriptedDatabase.found() : duplicate);
                var service = serviceOf(database)) {
            service.await("/health/ready", 200, GENEROUS);
            var posted = service.post("{\"_id\":\"a\",\"email\":\"a\"}");
            assertEquals(409, posted.statusCode());
            assertConflict(posted);
            assertConflict(service.send(put(service, "a", "{\"email\":\"a\"}")));
            assertConflict(service.send(put(service, "a", "{\"email\":\"a\"}").header("If-None-Match", "*")));
        }
    }

    private static HttpRequest.Builder put(ServiceProcess service, String id, String json) {
        return HttpRequest.newBuilder(service.uri("/data/" + id))
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(json));
    }

    private static void assertConflict(HttpResponse<String> answer) {
        assertEquals(409, answer.statusCode());
        assertEquals("""
                {"type":"about:blank","title":"Conflict","status":409,"detail":"Another document has the same value in the unique index `email_1`: \
                send another value, or change that document first."}""", answer.body());
    }

    /// Somebody else's index on the keys is no failure of a request, and is told once.
    @ParameterizedTest
    @ValueSource(ints = {85, 86})
    void otherIndexOnTheKeys_isToldOnce_andKeysWork(int code) throws Exception {
        try (var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    case "find" -> ScriptedDatabase.found();
                    case "createIndexes" -> ScriptedDatabase.failure(code, "IndexConflict", "another index is there");
                    default -> new Document("ok", 1).append("n", 1);
                });
                var service = serviceOf(database)) {
            service.await("/health/ready", 200, GENEROUS);
            for (String key : List.of("first", "second")) {
                var keyed = HttpRequest.newBuilder(service.uri("/data"))
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", key)
                        .POST(BodyPublishers.ofString("{\"a\":1}"));
                assertEquals(201, service.send(keyed).statusCode());
            }
            assertEquals(1, warnings(service).size(), service::logText);
            assertWarned(
                    "The collection of idempotency keys has an index on `at` that is not this service's, "
                            + "so that keys may be kept for more or less than a day: drop that index, and restart",
                    service);
            assertEquals(List.of(), service.stackTraces());
        }
    }

    @Test
    void standalone_hasNothingToWatch() throws Exception {
        try (var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    case "aggregate" ->
                        ScriptedDatabase.failure(
                                40573, "Location40573", "The $changeStream stage is only supported on replica sets");
                    default -> ScriptedDatabase.found();
                });
                var service = serviceOf(database)) {
            service.await("/health/ready", 200, GENEROUS);
            var answer =
                    service.send(HttpRequest.newBuilder(service.uri("/data")).header("Accept", "text/event-stream"));

            assertEquals(501, answer.statusCode());
            assertEquals("""
                    {"type":"about:blank","title":"Not Implemented","status":501,"detail":"This database has no change streams, like a standalone MongoDB: \
                    make it a replica set, of one member at least."}""", answer.body());
            assertEquals(List.of(), warnings(service));
        }
    }

    @Test
    void answerWithoutACursor_isNoFailureOfTheService() throws Exception {
        try (var database = new ScriptedDatabase(ScriptedDatabase.RECENT, command -> switch (command.getFirstKey()) {
                    case "aggregate" -> new Document("ok", 1);
                    default -> ScriptedDatabase.found();
                });
                var service = serviceOf(database)) {
            service.await("/health/ready", 200, GENEROUS);
            var answer =
                    service.send(HttpRequest.newBuilder(service.uri("/data")).header("Accept", "text/event-stream"));

            assertUnavailable("The database does not accept this at present", answer);
            assertWarned(
                    "The database refuses the operation `watch` (BsonInvalidOperationException): it may have no change streams; "
                            + "make it a replica set of MongoDB, or do not watch",
                    service);
        }
    }

    private static boolean asksFor(Document document, BsonDocument find) {
        return find.getDocument("filter").containsKey("_id")
                && find.getDocument("filter").get("_id").isString()
                && find.getDocument("filter").getString("_id").getValue().equals(document.getString("_id"));
    }
}
