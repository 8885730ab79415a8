package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InsertsTest {

    private final BlockingQueue<List<RawBsonDocument>> commands = new LinkedBlockingQueue<>();
    private final Semaphore answers = new Semaphore(0);
    private Function<List<RawBsonDocument>, List<Refusal>> database = documents -> List.of();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void end() {
        answers.release(1000);
        clients.close();
    }

    private Inserts inserts(Duration patience) {
        return new Inserts(
                (documents, deadline) -> {
                    commands.add(List.copyOf(documents));
                    answers.acquireUninterruptibly();
                    return database.apply(documents);
                },
                patience,
                new Time());
    }

    private void begin(Inserts inserts, int n) {
        Thread.startVirtualThread(() -> inserts.insert(document(n), Deadline.in(Duration.ofSeconds(30))));
    }

    private Future<Optional<Refusal>> insert(Inserts inserts, int n) {
        return clients.submit(() -> inserts.insert(document(n), Deadline.in(Duration.ofSeconds(30))));
    }

    private static RawBsonDocument document(int n) {
        return new RawBsonDocument(new BsonDocument("_id", new BsonInt32(n)), new BsonDocumentCodec());
    }

    /// Two are under way; the others wait for one of them.
    private List<Future<Optional<Refusal>>> threeThatMeet(Inserts inserts) throws Exception {
        begin(inserts, 1);
        commands.take();
        begin(inserts, 2);
        commands.take();
        var waiting = new ArrayList<Future<Optional<Refusal>>>();
        for (int n = 3; n <= 5; n++) {
            waiting.add(insert(inserts, n));
            // In this order.
            Thread.sleep(50);
        }
        assertEquals(0, commands.size());
        answers.release();
        assertEquals(List.of(document(3), document(4), document(5)), commands.take());
        return waiting;
    }

    @Test
    void insertsThatMeet_goTogether_andAreAnsweredEachForItself() throws Exception {
        database = documents -> documents.size() == 3 ? List.of(Refusal.taken(1)) : List.of();

        var waiting = threeThatMeet(inserts(Duration.ofHours(1)));
        answers.release(10);

        assertEquals(Optional.empty(), waiting.get(0).get());
        assertEquals(1, waiting.get(1).get().orElseThrow().place());
        assertEquals(Optional.empty(), waiting.get(2).get());
    }

    @Test
    void commandThatIsRefusedAsAWhole_isSentAgain_eachDocumentAlone() throws Exception {
        database = documents -> {
            if (documents.size() > 1) {
                throw UnavailableException.refused();
            }
            return documents.getFirst().equals(document(4)) ? List.of(Refusal.taken(0)) : List.of();
        };

        var waiting = threeThatMeet(inserts(Duration.ofHours(1)));
        answers.release(10);

        assertEquals(Optional.empty(), waiting.get(0).get());
        assertEquals(0, waiting.get(1).get().orElseThrow().place());
        assertEquals(Optional.empty(), waiting.get(2).get());
        assertEquals(3, commands.size());
    }

    @Test
    void lane_isNotWaitedForLongerThanThePatience() throws Exception {
        var inserts = inserts(Duration.ofMillis(1));
        for (int n = 1; n <= 5; n++) {
            begin(inserts, n);
            assertEquals(List.of(document(n)), commands.take());
        }
    }

    @Test
    void deadline_endsTheWaitForTheCommandOfAnother() throws Exception {
        var inserts = inserts(Duration.ofHours(1));
        begin(inserts, 1);
        commands.take();
        begin(inserts, 2);
        commands.take();
        begin(inserts, 3);
        Thread.sleep(50);

        assertThrows(
                UnavailableException.class, () -> inserts.insert(document(4), Deadline.in(Duration.ofMillis(100))));
    }
}
