package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.ledger.EventSource;
import dev.martlet.replicas.ReplicaSet;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Many watchers, and slow watchers. Neither kind costs the others anything.
@Timeout(180)
class WatchersTest {

    private static final Duration GENEROUS = Duration.ofSeconds(60);
    private static final int MANY = 500;
    /// More in a soak, where each watcher sees twice as many.
    private static final int CHANGES = Soak.size(500, 1000);
    private static final long MOST_HEAP = 40L << 20;

    private static ServiceProcess service(ReplicaSet set, String... more) throws Exception {
        ServiceProcess service = ServiceProcess.start(
                more.length == 0
                        ? Map.of("MONGODB_URI", set.uri())
                        : Map.of("MONGODB_URI", set.uri(), more[0], more[1]));
        service.await("/health/ready", 200, GENEROUS);
        return service;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    /// A body without the frames of its chunks.
    private static final class Dechunked extends InputStream {

        private final InputStream in;
        private int left;

        Dechunked(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            if (left == 0) {
                String size = line(in);
                left = size.isEmpty() ? 0 : Integer.parseInt(size, 16);
                if (left == 0) {
                    return -1;
                }
            }
            int count = in.read(bytes, from, Math.min(left, length));
            left -= Math.max(0, count);
            if (left == 0) {
                line(in);
            }
            return count;
        }
    }

    /// One connection that watches, and counts what it is told.
    private static final class Watching implements AutoCloseable {

        private final Socket socket = new Socket();
        private final AtomicInteger events = new AtomicInteger();
        private volatile String status = "";

        Watching(int port, int receiveBuffer) throws IOException {
            socket.setReceiveBufferSize(receiveBuffer);
            socket.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            socket.getOutputStream()
                    .write("GET /data HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
        }

        /// The lines of the stream, after its head.
        BufferedReader reader() throws IOException {
            var in = new BufferedInputStream(socket.getInputStream());
            status = line(in);
            boolean chunked = false;
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                chunked |= header.equalsIgnoreCase("Transfer-Encoding: chunked");
            }
            return new BufferedReader(new InputStreamReader(chunked ? new Dechunked(in) : in, StandardCharsets.UTF_8));
        }

        Watching read() {
            Thread.startVirtualThread(() -> {
                try (var lines = reader()) {
                    for (String line; (line = lines.readLine()) != null; ) {
                        if (line.startsWith("event: ")) {
                            events.incrementAndGet();
                        }
                    }
                } catch (IOException e) {
                    // The test has ended.
                }
            });
            return this;
        }

        void leave() throws IOException {
            socket.close();
        }

        @Override
        public void close() throws IOException {
            leave();
        }
    }

    private static long usedHeap(ServiceProcess service) throws Exception {
        service.collectGarbage();
        return (long) service.meter("memory_usedHeap_bytes");
    }

    @Test
    void manyWatchers_shareOneConnection_andLittleMemory() throws Exception {
        try (var set = ReplicaSet.start();
                var driver = MongoClients.create(set.uri());
                var service = service(set)) {
            MongoCollection<Document> documents = driver.getDatabase("martlet").getCollection("data");
            // What the first watcher loads once is not counted.
            try (var first = new EventSource(service.uri("/data")).open()) {
                documents.insertOne(new Document("_id", "first"));
                eventually(GENEROUS, () -> assertEquals(1, first.events().size()));
            }
            // The service notices that it has left when there is something to tell.
            eventually(GENEROUS, () -> {
                documents.insertOne(new Document());
                assertEquals(0, service.meter("martlet_watchers"));
            });
            long before = usedHeap(service);
            int descriptors = service.descriptors() - service.connections();
            List<Watching> all = new ArrayList<>();
            try {
                for (int i = 0; i < MANY; i++) {
                    all.add(new Watching(service.port(), 64 << 10).read());
                }
                eventually(GENEROUS, () -> assertEquals(MANY, service.meter("martlet_watchers")));
                for (int i = 0; i < CHANGES; i += 50) {
                    documents.insertMany(IntStream.range(0, 50)
                            .mapToObj(n -> new Document("text", "x".repeat(200)))
                            .toList());
                }
                eventually(
                        GENEROUS,
                        () -> assertEquals(
                                MANY,
                                all.stream()
                                        .filter(each -> each.events.get() == CHANGES)
                                        .count(),
                                () -> all.getFirst().status + " " + all.getFirst().events));
                long heap = usedHeap(service) - before;
                int more = service.descriptors() - service.connections() - descriptors;
                Soak.report(
                        "%d watchers: %.1f MiB of heap, %d streams of the database, %d more descriptors",
                        MANY, heap / 1048576.0, set.watches(), more);
                assertEquals(1, set.watches());
                assertTrue(more <= 2, () -> more + " connections more");
                assertTrue(heap < MOST_HEAP, () -> heap + " bytes");
            } finally {
                for (Watching each : all) {
                    each.close();
                }
            }
        }
    }

    @Test
    void slowWatcher_isLeftBehind_andGoesOnLater() throws Exception {
        int count = 3000;
        try (var set = ReplicaSet.start();
                var driver = MongoClients.create(set.uri());
                var service = service(set);
                var slow = new Watching(service.port(), 4096);
                var quick = new Watching(service.port(), 64 << 10).read()) {
            eventually(GENEROUS, () -> assertEquals(2, service.meter("martlet_watchers")));
            long started = System.nanoTime();
            MongoCollection<Document> documents = driver.getDatabase("martlet").getCollection("data");
            for (int i = 0; i < count; i += 10) {
                int from = i;
                documents.insertMany(IntStream.range(from, from + 10)
                        .mapToObj(n -> new Document("_id", n).append("text", "x".repeat(10_000)))
                        .toList());
            }
            Duration written = Duration.ofNanos(System.nanoTime() - started);
            eventually(Duration.ofSeconds(5), () -> assertEquals(count, quick.events.get()));
            Duration told = Duration.ofNanos(System.nanoTime() - started);
            Soak.report("%d changes of 10 KB written in %s, told in %s", count, written, told);

            List<String> ids = new ArrayList<>();
            String last = "";
            try (var lines = slow.reader()) {
                for (String line; (line = lines.readLine()) != null; ) {
                    if (line.startsWith("id: ")) {
                        last = line.substring(4);
                    } else if (line.startsWith("data: ")) {
                        ids.add(line.substring(0, line.indexOf(",")));
                    }
                }
            } catch (IOException e) {
                // It was so slow that its connection was cut. Only whole events count.
            }
            assertTrue(ids.size() < count, "it was not left behind");
            int behind = count - ids.size();
            try (var again = new EventSource(service.uri("/data")).after(last).open()) {
                eventually(GENEROUS, () -> assertEquals(behind, again.events().size()));
                again.events()
                        .forEach(event -> ids.add("data: "
                                + event.data().substring(0, event.data().indexOf(","))));
            }
            assertEquals(
                    IntStream.range(0, count)
                            .mapToObj(n -> "data: {\"_id\":" + n)
                            .toList(),
                    ids);
        }
    }

    /// Beside the others, because it only waits.
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void quietWatcher_isKept() throws Exception {
        try (var set = ReplicaSet.start();
                var service = service(set);
                var source = new EventSource(service.uri("/data")).open()) {
            eventually(Duration.ofSeconds(20), () -> assertTrue(source.comments() > 0));
            assertEquals(1, source.connections());
            assertEquals(List.of(), source.events());
        }
    }

    @Test
    void tooManyWatchers_are503_andOthersAreServed() throws Exception {
        try (var set = ReplicaSet.start();
                var service = service(set, "MAX_CONCURRENT_REQUESTS", "1");
                var one = new Watching(service.port(), 4096).read();
                var two = new Watching(service.port(), 4096).read()) {
            eventually(GENEROUS, () -> assertEquals(2, service.meter("martlet_watchers")));
            try (var three = new EventSource(service.uri("/data")).open()) {
                assertEquals(
                        "503 {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":"
                                + "\"All places for clients that watch, 2, are taken: try again in a moment.\"}",
                        three.refusals().getFirst());
            }
            assertEquals(201, service.post("{}").statusCode());
            assertEquals(200, service.status("/data"));
            one.leave();
            // The service notices it when there is something to tell.
            service.post("{}");
            service.post("{}");
            eventually(GENEROUS, () -> assertEquals(1, service.meter("martlet_watchers"), () -> two.status));
        }
    }
}
