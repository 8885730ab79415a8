package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import dev.martlet.Soak;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// 64 clients write one document, through two replicas.
class RaceTest {

    private static final int CLIENTS = 64;
    /// How often each client must win, which is more in a soak. Every win makes 63 others try again.
    private static final int WINS = Soak.size(2, 4);

    @RegisterExtension
    static final Service service = Service.with();

    @RegisterExtension
    static final Service twin = service.twin();

    private final List<Client> replicas = List.of(new Client(service::port), new Client(twin::port));

    private Client client(int i) {
        return replicas.get(i % 2);
    }

    private static void together(IntConsumer task) throws InterruptedException {
        var start = new CountDownLatch(1);
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    start.await();
                    task.accept(number);
                } catch (InterruptedException | RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            }));
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " clients failed", failures.peek());
        }
    }

    @Test
    void patchWithoutCondition_losesNoUpdate() throws Exception {
        client(0).put("/data/a", "{}");

        together(i -> {
            for (int round = 0; round < 4; round++) {
                Answer answer = client(i).patch("/data/a", "{\"m" + i + "\":{\"r" + round + "\":true}}");
                assertEquals(200, answer.status(), answer::toString);
            }
        });

        var document = service.document();
        for (int i = 0; i < CLIENTS; i++) {
            assertEquals(4, document.get("m" + i, org.bson.Document.class).size(), "client " + i);
        }
    }

    @Test
    void ifMatch_letsOneWinWithATag() throws Exception {
        client(0).put("/data/a", "{\"n\":0}");
        var won = new ConcurrentLinkedQueue<String>();

        together(i -> {
            for (int mine = 0; mine < WINS; ) {
                Answer read = client(i).get("/data/a");
                int n = read.json().getInt32("n").getValue();
                String tag = read.header("ETag");
                Answer written =
                        switch (i % 3) {
                            case 0 -> client(i).put("/data/a", "{\"n\":" + (n + 1) + "}", "If-Match", tag);
                            default -> client(i).patch("/data/a", "{\"n\":" + (n + 1) + "}", "If-Match", tag);
                        };
                if (written.status() == 200) {
                    won.add(tag);
                    mine++;
                } else {
                    assertEquals(412, written.status(), written::toString);
                }
            }
        });

        assertEquals(WINS * CLIENTS, service.document().getInteger("n"));
        assertEquals(WINS * CLIENTS, new HashSet<>(won).size());
    }

    @Test
    void ifMatch_letsOneDeleteOrReplace() throws Exception {
        for (int round = 0; round < 10; round++) {
            int n = round;
            client(0).put("/data/a", "{\"n\":" + n + "}");
            String tag = client(0).get("/data/a").header("ETag");
            var winners = new ConcurrentLinkedQueue<Integer>();

            together(i -> {
                Answer answer = i % 2 == 0
                        ? client(i).delete("/data/a", "If-Match", tag)
                        : client(i).put("/data/a", "{\"by\":" + i + "}", "If-Match", tag);
                if (answer.status() < 300) {
                    winners.add(i);
                } else {
                    assertEquals(412, answer.status(), answer::toString);
                }
            });

            assertEquals(1, winners.size(), winners::toString);
        }
    }

    @Test
    void ifNoneMatch_letsOneCreate() throws Exception {
        var winners = new ConcurrentLinkedQueue<Integer>();

        together(i -> {
            if (client(i)
                            .put("/data/a", "{\"by\":" + i + "}", "If-None-Match", "*")
                            .status()
                    == 201) {
                winners.add(i);
            }
        });

        assertEquals(1, winners.size());
        assertEquals(winners.peek(), service.document().getInteger("by"));
    }

    @Test
    void putWithoutCondition_createsOnce() throws Exception {
        var statuses = new ConcurrentLinkedQueue<Integer>();

        together(
                i -> statuses.add(client(i).put("/data/a", "{\"by\":" + i + "}").status()));

        assertEquals(1, statuses.stream().filter(status -> status == 201).count());
        assertEquals(
                CLIENTS - 1, statuses.stream().filter(status -> status == 200).count());
    }

    @Test
    void insert_ofOneIdSucceedsOnce() throws Exception {
        var statuses = new ConcurrentLinkedQueue<Integer>();

        together(i -> statuses.add(client(i).post("{\"_id\":\"a\"}").status()));

        assertEquals(1, statuses.stream().filter(status -> status == 201).count());
        assertEquals(
                CLIENTS - 1, statuses.stream().filter(status -> status == 409).count());
    }

    @Test
    void inserts_areAllKept() throws Exception {
        var ids = new ConcurrentLinkedQueue<String>();

        together(i -> IntStream.range(0, 10)
                .forEach(round -> ids.add(client(i).post("{}").text("id"))));

        assertEquals(10 * CLIENTS, new HashSet<>(ids).size());
        assertEquals(10 * CLIENTS, service.documents().countDocuments());
        assertTrue(ids.stream().allMatch(id -> client(0).get("/data/" + id).status() == 200));
    }
}
