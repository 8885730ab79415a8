package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.local.DatabaseProcess;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Many slow clients of every kind at once. They take nothing that others need. They leave nothing behind, neither
/// here nor at the database.
@Timeout(300)
class SlowCrowdTest {

    private static final Duration LIMIT = Duration.ofSeconds(6);
    /// Half of the limit. A request that waits for a slow client takes longer.
    private static final Duration QUICK = LIMIT.dividedBy(2);
    /// A busy machine may be late, but not by minutes.
    private static final Duration GENEROUS = Duration.ofSeconds(60);
    private static final int DOCUMENTS = 20_000;
    private static final String TEXT = "x".repeat(1000);

    private static final String POST = "POST /data HTTP/1.1\r\nHost: test\r\nConnection: close\r\n";
    private static final String JSON = POST + "Content-Type: application/json\r\n";
    private static final String HALF_MEBIBYTE = JSON + "Content-Length: 1048576\r\n\r\n{\"text\":\"" + TEXT.repeat(10);
    private static final String HALF_STREAM =
            POST + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"n\":1}\n\r\n";
    private static final String LISTING = "GET /data HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

    @TempDir
    private static Path folder;

    private static DatabaseProcess database;
    private static MongoClient driver;
    private static TcpProxy network;
    private static ServiceProcess service;
    private static long cursorsBefore;

    private final List<RawHttp> clients = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        database = DatabaseProcess.start(folder, 0);
        driver = MongoClients.create(database.uri());
        network = new TcpProxy(URI.create(database.uri()).getPort());
        service = ServiceProcess.start(Map.of(
                "REQUEST_TIMEOUT",
                LIMIT.toString(),
                "MONGODB_URI",
                "mongodb://127.0.0.1:" + network.port() + "/?directConnection=true"));
        service.await("/health/ready", 200, Duration.ofSeconds(30));
        String lines = ("{\"text\":\"" + TEXT + "\"}\n").repeat(DOCUMENTS);
        var filled = service.send(HttpRequest.newBuilder(service.uri("/data"))
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(lines)));
        assertEquals(201, filled.statusCode());
        cursorsBefore = openCursors();
    }

    @AfterAll
    static void end() throws Exception {
        service.close();
        network.close();
        driver.close();
        database.close();
    }

    private static long openCursors() {
        return driver.getDatabase("admin")
                .runCommand(new Document("serverStatus", 1))
                .getEmbedded(List.of("metrics", "cursor", "open", "total"), Number.class)
                .longValue();
    }

    private void connect(String request) throws Exception {
        var client = RawHttp.connect(service.port(), request.equals(LISTING) ? 4096 : 0);
        clients.add(client);
        client.send(request);
    }

    /// The service itself ends them: no client has read or closed anything.
    @AfterEach
    void nothingIsLeft() throws Exception {
        eventually(GENEROUS, () -> {
            int connections = service.connections();
            assertTrue(connections <= 5, () -> connections + " connections are left");
            assertEquals(1, service.meter("http_server_active_requests"));
            assertEquals(cursorsBefore, openCursors());
        });
        assertEquals(List.of(), service.stackTraces());
        for (RawHttp client : clients) {
            client.close();
        }
    }

    @Test
    void unreadListing_holdsItsCursor_untilItIsCutOff() throws Exception {
        connect(LISTING);
        eventually(GENEROUS, () -> assertEquals(cursorsBefore + 1, openCursors()));
        // Enough to send all of it to a client that reads.
        Thread.sleep(LIMIT.dividedBy(3));
        assertEquals(cursorsBefore + 1, openCursors());
        eventually(GENEROUS, () -> assertEquals(cursorsBefore, openCursors()));
        assertTrue(clients.getFirst().receiveAll().length() < DOCUMENTS * TEXT.length(), "it was not cut off");
    }

    @Test
    void announcedBodies_takeNoMemory() throws Exception {
        for (int i = 0; i < 40; i++) {
            connect(HALF_MEBIBYTE);
        }
        awaitRequests(40);
        String body = "{\"text\":\"" + TEXT.repeat(500) + "\"}";
        long started = System.nanoTime();
        assertEquals(201, service.post(body).statusCode());
        assertTrue(System.nanoTime() - started < QUICK.toNanos(), "it waited");
    }

    @Test
    void slowConnections_keepNobodyWaiting() throws Exception {
        // Four of five are requests, which is more than MAX_CONCURRENT_REQUESTS.
        int slow = Soak.size(700, 1500);
        var created = service.post("{\"a\":1}").headers().firstValue("Location").orElseThrow();
        for (int i = 0; i < slow; i++) {
            connect(
                    switch (i % 5) {
                        case 0 ->
                            List.of("", "GET / HT", "GET / HTTP/1.1\r\nHost: test\r\n")
                                    .get(i / 5 % 3);
                        case 1 -> JSON + "Content-Length: 100\r\n\r\n{";
                        case 2 -> HALF_MEBIBYTE;
                        case 3 -> HALF_STREAM;
                        default -> LISTING;
                    });
        }
        awaitRequests(513);
        long slowest = 0;
        for (int i = 0; i < 50; i++) {
            long started = System.nanoTime();
            assertEquals(201, service.post("{\"n\":" + i + "}").statusCode());
            long posted = System.nanoTime();
            assertEquals(200, service.status(created));
            slowest = Math.max(slowest, Math.max(posted - started, System.nanoTime() - posted));
        }
        Soak.report("%d slow connections: the slowest of 100 other requests took %.1f ms", slow, slowest / 1e6);
        assertTrue(slowest < QUICK.toNanos(), "took " + slowest / 1_000_000 + " ms");
    }

    private static void awaitRequests(int count) throws Exception {
        eventually(
                LIMIT,
                () -> assertTrue(service.meter("http_server_active_requests") >= count, "the slow ones are not there"));
    }
}
