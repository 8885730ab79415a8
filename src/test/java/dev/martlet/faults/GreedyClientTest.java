package dev.martlet.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.local.DatabaseProcess;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients that ask for much, in a heap like that of a pod. The process lives, and nobody else waits for them.
@Timeout(180)
class GreedyClientTest {

    /// The heap that `src/main/jvm/options` gives to a pod of 500 MiB.
    static final String[] POD = {
        "-Xmx250m",
        "-XX:NewSize=48m",
        "-XX:MaxNewSize=48m",
        "-XX:SurvivorRatio=2",
        "-XX:+UseSerialGC",
        "-XX:+UseCompactObjectHeaders",
        "-XX:TieredStopAtLevel=1",
        "-XX:ActiveProcessorCount=1",
        "-XX:+ExitOnOutOfMemoryError"
    };
    /// A fifth of the time-out. A request that waits for a greedy client takes longer.
    private static final Duration QUICK = Duration.ofSeconds(3);
    private static final String MEGABYTE = "{\"text\":\"" + "x".repeat(1_000_000) + "\"}";

    @TempDir
    private static Path folder;

    private static DatabaseProcess database;
    private static MongoClient driver;
    private static ServiceProcess service;

    private final List<RawHttp> clients = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        database = DatabaseProcess.start(folder, 0, "-Xmx1g");
        driver = MongoClients.create(database.uri());
        service = ServiceProcess.start(Map.of("MONGODB_URI", database.uri()), POD);
        service.await("/health/ready", 200, Duration.ofSeconds(30));
    }

    @AfterAll
    static void end() {
        service.close();
        driver.close();
        database.close();
    }

    private static MongoCollection<Document> documents() {
        return driver.getDatabase("martlet").getCollection("data");
    }

    @AfterEach
    void processLives_andNothingIsLeft() throws Exception {
        for (RawHttp client : clients) {
            client.close();
        }
        assertTrue(service.alive(), service::logText);
        for (int i = 0; service.meter("http_server_active_requests") > 1 && i < 400; i++) {
            Thread.sleep(50);
        }
        assertEquals(1, service.meter("http_server_active_requests"), service::logText);
        assertEquals(List.of(), service.stackTraces());
        documents().deleteMany(new Document());
    }

    private void connect(String head, byte... body) throws Exception {
        var client = RawHttp.connect(service.port(), 4096);
        clients.add(client);
        client.send(head);
        client.send(body);
    }

    private static String created(String json) throws Exception {
        HttpResponse<String> answer = service.post(json);
        assertEquals(201, answer.statusCode(), answer::body);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    /// The length of an answer that is too large for this process to hold.
    private static long length(String path) throws Exception {
        try (var in = service.uri(path).toURL().openStream()) {
            return in.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }

    private static int status(String path) throws Exception {
        var connection = (java.net.HttpURLConnection) service.uri(path).toURL().openConnection();
        int status = connection.getResponseCode();
        if (status == 200) {
            try (var in = connection.getInputStream()) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
        }
        return status;
    }

    private static int quickly(Callable<Integer> request) throws Exception {
        long started = System.nanoTime();
        int status = request.call();
        long millis = (System.nanoTime() - started) / 1_000_000;
        assertTrue(millis < QUICK.toMillis(), () -> "took " + millis + " ms");
        return status;
    }

    /// Sends this many at once.
    ///
    /// @return the statuses
    private static List<Integer> together(int count, Callable<Integer> request) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(threads.submit(request));
            }
            List<Integer> statuses = new ArrayList<>();
            for (var one : all) {
                statuses.add(one.get());
            }
            return statuses;
        }
    }

    private static void assertOthersAreServed() throws Exception {
        String small = created("{\"text\":\"" + "x".repeat(10_000) + "\"}");
        for (int i = 0; i < 5; i++) {
            assertEquals(200, quickly(() -> service.status(small)));
            assertEquals(200, quickly(() -> service.status("/data?limit=10")));
            assertEquals(200, quickly(() -> service.status("/data?filter=%7B%22_id%22%3A%22none%22%7D")));
            assertEquals(201, quickly(() -> service.post("{\"text\":\"" + "y".repeat(5_000) + "\"}")
                    .statusCode()));
        }
    }

    @Test
    void stalledBodies_ofWhichMuchIsAnnounced() throws Exception {
        for (int i = 0; i < 5; i++) {
            connect(
                    "POST /data HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 16777216\r\n\r\n",
                    new byte[17_000]);
        }
        Thread.sleep(300);
        assertOthersAreServed();
    }

    /// 200 MiB in all.
    @Test
    void stalledBodies_ofWhichMuchHasCome() throws Exception {
        byte[] half = new byte[8 << 20];
        for (int i = 0; i < 25; i++) {
            String framing =
                    i % 2 == 0 ? "Content-Length: 16777216\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n1000000\r\n";
            var client = RawHttp.connect(service.port());
            clients.add(client);
            client.send("POST /data HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n" + framing);
            Thread.startVirtualThread(() -> {
                try {
                    client.send(half);
                } catch (java.io.IOException e) {
                    // Given up, as it should be.
                }
            });
        }
        Thread.sleep(1000);
        assertOthersAreServed();
        // And large ones get their turn, because stalled clients are given up.
        assertEquals(201, service.post(MEGABYTE).statusCode());
    }

    @Test
    void uploadOfOneLongId_overAndOver() throws Exception {
        byte[] line =
                ("{\"_id\":\"" + "i".repeat(1_000_000) + "\"}\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        List<byte[]> lines = java.util.Collections.nCopies(400, line);
        var answer = service.send(HttpRequest.newBuilder(service.uri("/data"))
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofByteArrays(lines)));
        assertEquals(422, answer.statusCode());
        assertTrue(
                answer.body()
                        .startsWith(
                                "{\"status\":\"Nothing inserted\",\"inserted\":0,\"refused\":400,\"errors\":[{\"line\":1,"),
                answer::body);
        assertTrue(answer.body().length() < 80_000, () -> answer.body().length() + " bytes");
    }

    @Test
    void sortedListings_ofLargeDocuments() throws Exception {
        var text = "x".repeat(1_000_000);
        int large = Soak.size(30, 80);
        for (int i = 0; i < large; i++) {
            documents()
                    .insertOne(new Document("_id", "k%02d".formatted(i))
                            .append("n", i)
                            .append("text", text));
        }
        for (int i = 0; i < 20; i++) {
            connect("GET /data?sort=n HTTP/1.1\r\nHost: test\r\n\r\n");
        }
        Thread.sleep(2000);
        // Not quickly: the database sorts for all of them.
        assertEquals(200, service.status("/data/k00"));
        for (RawHttp client : clients) {
            client.close();
        }
        String all = service.get("/data?sort=-n&fields=n").body();
        assertTrue(
                all.startsWith(
                        "[{\"_id\":\"k%d\",\"n\":%d},{\"_id\":\"k%d\",".formatted(large - 1, large - 1, large - 2)),
                all);
        assertTrue(length("/data?sort=-n") > large * 1_000_000L);
    }

    /// A thousand small ones first, so that the next batch asks for as many large ones.
    @Test
    void listings_whoseDocumentsGrow() throws Exception {
        var text = "x".repeat(1_000_000);
        var small = new ArrayList<Document>();
        for (int i = 0; i < 3000; i++) {
            small.add(new Document("_id", "a%04d".formatted(i)));
        }
        documents().insertMany(small);
        int large = Soak.size(25, 60);
        for (int i = 0; i < large; i++) {
            documents().insertOne(new Document("_id", "b" + i).append("text", text));
        }
        List<Integer> megabytes = together(20, () -> (int) (length("/data") / 1_000_000));
        assertEquals(java.util.Collections.nCopies(20, large), megabytes);
    }

    @Test
    void reads_ofDocumentsThatAreLargerThanAllowed() throws Exception {
        for (int i = 0; i < 5; i++) {
            documents().insertOne(new Document("_id", "big" + i).append("text", "x".repeat(15 << 20)));
        }
        var next = new java.util.concurrent.atomic.AtomicInteger();
        List<Integer> statuses = together(Soak.size(12, 20), () -> status("/data/big" + next.getAndIncrement() % 5));
        assertTrue(
                statuses.stream().allMatch(status -> status == 200 || status == 503) && statuses.contains(200),
                statuses::toString);
        List<Integer> pages = together(Soak.size(3, 10), () -> status("/data?limit=2"));
        assertTrue(
                pages.stream().allMatch(status -> status == 200 || status == 503) && pages.contains(200),
                pages::toString);
    }

    @Test
    void arrayElement_isNoLargerThanAnyDocument() throws Exception {
        var answer = service.post("[{\"a\":1},{\"text\":\"" + "x".repeat(2_000_000) + "\"}]");
        assertEquals(413, answer.statusCode());
        assertTrue(
                answer.body()
                        .contains(
                                "\"detail\":\"In array element 1 (the first is 0): the document exceeds 1048576 bytes: send a smaller one.\""),
                answer::body);
        assertEquals(0, documents().countDocuments());
    }

    @Test
    void patches_ofLargeDocuments_areAllDone() throws Exception {
        String location = created(MEGABYTE);
        int clientsAtOnce = Soak.size(40, 200);
        var count = new java.util.concurrent.atomic.AtomicInteger();
        List<Integer> statuses = together(clientsAtOnce, () -> {
            int n = count.incrementAndGet();
            return n % 2 == 0
                    ? service.status(location)
                    : service.send(HttpRequest.newBuilder(service.uri(location))
                                    .header("Content-Type", "application/merge-patch+json")
                                    .method("PATCH", BodyPublishers.ofString("{\"n" + n + "\":1}")))
                            .statusCode();
        });
        assertEquals(java.util.Collections.nCopies(clientsAtOnce, 200), statuses);
        assertEquals(
                2 + clientsAtOnce / 2,
                java.util.Objects.requireNonNull(documents().find().first()).size());
    }

    @Test
    void slowReaders_ofListings() throws Exception {
        var some = new ArrayList<Document>();
        for (int i = 0; i < 5000; i++) {
            some.add(new Document("_id", i).append("text", "x".repeat(4000)));
        }
        documents().insertMany(some);
        var readers = new ArrayList<Thread>();
        for (int i = 0; i < 60; i++) {
            connect("GET /data HTTP/1.1\r\nHost: test\r\n\r\n");
            RawHttp client = clients.getLast();
            readers.add(Thread.startVirtualThread(() -> {
                try {
                    // About 20 KB/s.
                    for (int n = 0; n < 1000; n++) {
                        client.receive(2048);
                        Thread.sleep(100);
                    }
                } catch (java.io.IOException | InterruptedException e) {
                    // Closed: the test is over.
                }
            }));
        }
        Thread.sleep(1500);
        assertOthersAreServed();
        assertEquals(200, quickly(() -> service.status("/data?filter=%7B%22_id%22%3A%7B%22%24lt%22%3A200%7D%7D")));
        readers.forEach(Thread::interrupt);
    }
}
