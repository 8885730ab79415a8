package dev.martlet.api;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoCollection;
import dev.martlet.Service;
import dev.martlet.ledger.EventSource;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The stream of changes, with two replicas of the service, on any database that has one.
abstract class FeedContract {

    static final Duration SOON = Duration.ofSeconds(20);

    final Client client = new Client(() -> this.service.port());
    Service service;
    Service other;
    MongoCollection<Document> documents;

    /// A service on a collection of its own, not yet started.
    abstract Service fresh();

    /// The documents of the service, as another client of the database sees them.
    abstract MongoCollection<Document> documents();

    @BeforeEach
    void start() throws Exception {
        service = fresh();
        documents = documents();
        other = service.twin();
        service.start();
        other.start();
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        other.close();
    }

    static EventSource watch(Service service, String query) {
        return new EventSource(URI.create("http://localhost:" + service.port() + "/data" + query));
    }

    EventSource watch() throws InterruptedException {
        return watch(service, "").open();
    }

    static void assertTold(String expected, EventSource source) throws Exception {
        int lines = (int) expected.lines().count();
        eventually(SOON, () -> assertTrue(source.events().size() >= lines, source::text));
        assertEquals(expected.strip(), source.text());
    }

    @Test
    void changes_areToldOnce_withTheirDocuments() throws Exception {
        try (var source = watch();
                var elsewhere = watch(other, "").open()) {
            client.post("{\"_id\":\"a\",\"n\":1.10,\"t\":\"\\n \\u00e9\"}");
            client.put("/data/b", "{\"n\":1}");
            client.put("/data/b", "{\"n\":2}");
            client.patch("/data/b", "{\"n\":3,\"m\":{\"$date\":\"x\"}}");
            client.patch("/data/b", "{\"n\":3}");
            client.post("[{\"_id\":\"c\"},{\"_id\":\"d\"}]");
            client.post("[{\"_id\":\"e\"},{\"_id\":\"d\"}]");
            client.post("{\"_id\":\"f\"}", "Idempotency-Key", "once");
            client.post("{\"_id\":\"f\"}", "Idempotency-Key", "once");
            client.send("POST", "/data", "{\"_id\":\"g\"}\n{\"_id\":\"a\"}\n", "Content-Type", Client.NDJSON);
            client.put("/data/g", "{}", "If-Match", "\"other\"");
            client.delete("/data/a");
            client.delete("/data/a");
            String told = """
                    inserted {"_id":"a","n":1.1,"t":"\\n é"}
                    inserted {"_id":"b","n":1}
                    replaced {"_id":"b","n":2}
                    replaced {"_id":"b","n":3,"m":{"$date":"x"}}
                    inserted {"_id":"c"}
                    inserted {"_id":"d"}
                    inserted {"_id":"f"}
                    inserted {"_id":"g"}
                    deleted {"_id":"a"}
                    """;

            assertTold(told, source);
            assertTold(told, elsewhere);
        }
    }

    @Test
    void changesOfOtherClients_areTold() throws Exception {
        try (var source = watch()) {
            documents.insertOne(new Document("_id", 7).append("n", 1));
            documents.updateOne(new Document("_id", 7), new Document("$set", new Document("n", 2)));
            assertTold("""
                    inserted {"_id":7,"n":1}
                    replaced {"_id":7,"n":2}
                    """, source);

            documents.deleteOne(new Document("_id", 7));
            assertTold("""
                    inserted {"_id":7,"n":1}
                    replaced {"_id":7,"n":2}
                    deleted {"_id":7}
                    """, source);
        }
    }

    @Test
    void stream_isServerSentEvents() throws Exception {
        try (Wire wire = client.wire()) {
            wire.request("GET", "/data", "Accept", "text/event-stream", "Accept-Encoding", "gzip");
            // Watches from the first bytes on.
            String begun = wire.upTo("\n\n");
            client.post("{\"_id\":\"a\"}");
            String event = wire.upTo("\"}\n\n");

            assertTrue(begun.startsWith("HTTP/1.1 200 OK\r\n"), begun);
            assertTrue(begun.contains("\r\nContent-Type: text/event-stream\r\n"), begun);
            assertTrue(begun.contains("\r\nCache-Control: no-store, no-transform\r\n"), begun);
            assertTrue(begun.contains("\r\nConnection: close\r\n"), begun);
            assertFalse(begun.contains("Content-Encoding"), begun);
            assertTrue(begun.matches("(?s).*retry: 1000\nid: [0-9A-Fa-f]+\n\n"), begun);
            assertTrue(event.matches("(?s).*event: inserted\nid: [0-9A-Fa-f]+\ndata: \\{\"_id\":\"a\"}\n\n"), event);
        }
    }

    @Test
    void lastEventId_goesOnExactlyThere_onAnyReplica() throws Exception {
        String last;
        try (var source = watch()) {
            client.post("{\"_id\":\"a\"}");
            client.post("{\"_id\":\"b\"}");
            assertTold("""
                    inserted {"_id":"a"}
                    inserted {"_id":"b"}
                    """, source);
            last = source.events().getFirst().id();
        }
        client.post("{\"_id\":\"c\"}");
        for (Service replica : List.of(service, other)) {
            try (var again = watch(replica, "").after(last).open()) {
                client.put("/data/c", "{\"by\":" + replica.port() + "}");
                String expected = """
                        inserted {"_id":"b"}
                        inserted {"_id":"c"}
                        replaced {"_id":"c","by":%d}
                        """.formatted(service.port());
                assertTold(
                        replica == service
                                ? expected
                                : expected + "replaced {\"_id\":\"c\",\"by\":" + other.port() + "}\n",
                        again);
            }
        }
    }

    /// A stream says where it is even before the first change.
    @Test
    void quietStream_canGoOn() throws Exception {
        String last;
        try (var source = watch()) {
            last = source.lastId();
        }
        client.post("{\"_id\":\"a\"}");
        try (var again = watch(other, "").after(last).open()) {
            assertTold("inserted {\"_id\":\"a\"}", again);
        }
    }

    @Test
    void filter_selectsDocuments_andDeletionsAlwaysCome() throws Exception {
        String filter = "?filter=" + URLEncoder.encode("{\"n\":{\"$gte\":2}}", StandardCharsets.UTF_8);
        try (var source = watch(service, filter).open()) {
            client.post("[{\"_id\":\"a\",\"n\":1},{\"_id\":\"b\",\"n\":2},{\"_id\":\"c\",\"n\":[1,3]}]");
            client.patch("/data/a", "{\"n\":5}");
            client.patch("/data/b", "{\"n\":0}");
            client.delete("/data/b");
            assertTold("""
                    inserted {"_id":"b","n":2}
                    inserted {"_id":"c","n":[1,3]}
                    replaced {"_id":"a","n":5}
                    deleted {"_id":"b"}
                    """, source);
        }
    }

    @Test
    void parameters_otherThanTheFilter_are400() {
        for (String query : List.of("limit=1", "after=a", "cursor=a", "sort=a", "fields=a", "x=y")) {
            String name = query.substring(0, query.indexOf('='));
            assertEquals(
                    """
                    400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"`%s` is not a parameter here: \
                    use `filter` alone, or ask for the documents with `Accept: application/json`."}""".formatted(name),
                    client.get("/data?" + query, "Accept", "text/event-stream").told());
        }
        assertEquals(
                400, client.get("/data?filter=x", "Accept", "text/event-stream").status());
    }

    @Test
    void head_isThatOfTheStream() throws Exception {
        try (Wire wire = client.wire()) {
            Answer head =
                    wire.request("HEAD", "/data", "Accept", "text/event-stream").head();

            assertEquals(200, head.status());
            assertEquals("text/event-stream", head.header("Content-Type"));
            assertTrue(wire.ended());
        }
        assertEquals(0, watchers());
        assertEquals(
                400,
                client.send("HEAD", "/data?limit=1", "", "Accept", "text/event-stream")
                        .status());
    }

    @Test
    void shutdown_endsTheStreamAtOnce() throws Exception {
        try (Wire wire = client.wire()) {
            wire.request("GET", "/data", "Accept", "text/event-stream");
            wire.upTo("\n\n");
            long started = System.nanoTime();
            Thread.startVirtualThread(service::close);
            wire.in().readAllBytes();

            assertTrue(System.nanoTime() - started < Duration.ofSeconds(2).toNanos(), "it took too long");
        } finally {
            service.start();
        }
    }

    /// A second stream that goes on from the first id tells the same as the first one, even while others write.
    @Test
    void beginning_isAPlaceToGoOnFrom() throws Exception {
        var writing = new AtomicBoolean(true);
        Thread writer = Thread.startVirtualThread(() -> {
            while (writing.get()) {
                client.post("{}");
            }
        });
        try {
            for (int i = 0; i < 20; i++) {
                String[] begun = begun("");
                assertEquals(begun[1], begun(begun[0])[1]);
            }
        } finally {
            writing.set(false);
            writer.join();
        }
    }

    /// The first id of a stream, and its first document.
    private String[] begun(String after) throws Exception {
        try (Wire wire = client.wire()) {
            wire.request("GET", "/data", "Accept", "text/event-stream", "Last-Event-ID", after);
            String head = wire.upTo("\n\n");
            String event = wire.upTo("}\n\n");
            return new String[] {
                head.substring(head.lastIndexOf("id: ") + 4).strip(), event.substring(event.indexOf("data: "))
            };
        }
    }

    int watchers() {
        String metrics = client.get("/metrics").body();
        return (int) metrics.lines()
                .filter(line -> line.startsWith("martlet_watchers{") || line.startsWith("martlet_watchers "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
