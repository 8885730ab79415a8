package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import dev.martlet.faults.TcpProxy;
import dev.martlet.local.EmbeddedDatabase;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `MAX_CONCURRENT_REQUESTS`.
@Timeout(60)
class OverloadTest {

    @TempDir
    private static Path folder;

    private static EmbeddedDatabase database;
    private static TcpProxy network;
    private static Service service;

    private final Client client = new Client(() -> service.port());

    @BeforeAll
    static void start() throws Exception {
        database = EmbeddedDatabase.open(folder);
        network = new TcpProxy(URI.create(database.uri()).getPort());
        service = Service.with("MAX_CONCURRENT_REQUESTS", "2", "MONGODB_URI", "mongodb://127.0.0.1:" + network.port())
                .start();
    }

    @AfterAll
    static void end() throws Exception {
        service.close();
        network.close();
        database.close();
    }

    @Test
    void requestsBeyondTheLimit_areRefusedAtOnceAndTheOthersServed() throws Exception {
        assertEquals(404, client.get("/data/nobody").status());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var posts = new ExecutorCompletionService<Answer>(threads);
            long started = System.nanoTime();
            network.stall();
            for (int i = 0; i < 3; i++) {
                var _ = posts.submit(() -> client.post("{}"));
            }
            // Two of the three wait for the database. The network decides which two.
            for (Answer refused : List.of(
                    posts.take().get(),
                    client.get("/data/nobody"),
                    client.put("/data/a", "{}"),
                    client.patch("/data/a", "{}"),
                    client.delete("/data/a"))) {
                assertEquals("""
                        503 {"type":"about:blank","title":"Service Unavailable","status":503,\
                        "detail":"2 requests are being answered already: try again in a moment."}""", refused.told());
                assertEquals("2", refused.header("Retry-After"));
            }
            assertTrue(System.nanoTime() - started < 5e9, "not at once");
            assertEquals(200, client.get("/").status());
            assertEquals(200, client.get("/health/live").status());
            network.pass();
            assertEquals(201, posts.take().get().status());
            assertEquals(201, posts.take().get().status());
        } finally {
            network.pass();
        }
        // The place is given back before the answer is sent.
        assertEquals(404, client.get("/data/nobody").status());
    }

    @Test
    void bodiesOnTheirWay_takeNoPlace() throws Exception {
        List<Wire> wires = new ArrayList<>();
        try {
            for (String method : List.of("POST", "PUT", "PATCH", "POST", "PUT")) {
                Wire wire = client.wire();
                wires.add(wire);
                wire.request(
                        method,
                        method.equals("POST") ? "/data" : "/data/a",
                        "Content-Length",
                        "7",
                        "Expect",
                        "100-continue",
                        "Content-Type",
                        method.equals("PATCH") ? Client.MERGE_PATCH : Client.JSON);
                assertEquals(100, wire.answer().status());
                wire.send("{\"a\":");
            }
            assertEquals(201, client.post("{}").status());
            assertEquals(200, client.get("/data").status());
            var statuses = new ArrayList<Integer>();
            for (Wire wire : wires) {
                statuses.add(wire.send("1}").answer().status());
            }
            assertEquals(List.of(201, 201, 200, 201, 200), statuses);
        } finally {
            for (Wire wire : wires) {
                wire.close();
            }
        }
    }

    @Test
    void streams_haveALimitOfTheirOwn() throws Exception {
        try (Wire upload = client.wire()) {
            upload.request(
                    "POST", "/data", "Content-Type", Client.NDJSON, "Content-Length", "3", "Expect", "100-continue");
            assertEquals(100, upload.answer().status());
            for (Answer refused : List.of(
                    client.get("/data"),
                    client.get("/data?limit=1"),
                    client.send("POST", "/data", "{}", "Content-Type", Client.NDJSON))) {
                assertEquals("""
                        503 {"type":"about:blank","title":"Service Unavailable","status":503,\
                        "detail":"All places for listings and NDJSON uploads, 1, are taken: try again in a moment."}""", refused.told());
                assertEquals("2", refused.header("Retry-After"));
            }
            assertEquals(404, client.get("/data/nobody").status());
            assertEquals(201, client.post("{}").status());
            assertEquals(201, upload.send("{}\n").answer().status());
        }
        assertEquals(200, client.get("/data").status());
    }
}
