package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TogetherTest {

    private static final Duration ALWAYS = Duration.ofHours(1);

    private final BlockingQueue<List<Integer>> commands = new LinkedBlockingQueue<>();
    private final Semaphore answers = new Semaphore(0);
    private final AtomicLong nanos = new AtomicLong();
    private Time time = new Time() {
        @Override
        long nanos() {
            return nanos.get();
        }
    };
    private Function<List<Integer>, List<String>> database = TogetherTest::each;
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    private static List<String> each(List<Integer> asked) {
        return asked.stream().map(n -> "answer to " + n).toList();
    }

    @AfterEach
    void end() {
        answers.release(1000);
        clients.close();
    }

    private Together<Integer, String> together(boolean repeatable, Duration patience) {
        return new Together<>(
                "together",
                (operations, deadline) -> {
                    commands.add(List.copyOf(operations));
                    answers.acquireUninterruptibly();
                    return database.apply(operations);
                },
                repeatable,
                patience,
                time);
    }

    private Future<String> begin(Together<Integer, String> together, int n) {
        return clients.submit(() -> together.run(n, Deadline.in(Duration.ofSeconds(30), time)));
    }

    /// Two are under way; the others wait for one of them.
    private List<Future<String>> threeThatMeet(Together<Integer, String> together) throws Exception {
        twoUnderWay(together);
        var waiting = new ArrayList<Future<String>>();
        for (int n = 3; n <= 5; n++) {
            waiting.add(begin(together, n));
            // In this order.
            Thread.sleep(50);
        }
        assertEquals(0, commands.size());
        answers.release();
        assertEquals(List.of(3, 4, 5), commands.take());
        return waiting;
    }

    private void twoUnderWay(Together<Integer, String> together) throws InterruptedException {
        for (int n = 1; n <= 2; n++) {
            var _ = begin(together, n);
            assertEquals(List.of(n), commands.take());
        }
    }

    private static List<String> of(List<Future<String>> waiting) throws Exception {
        var all = new ArrayList<String>();
        for (var one : waiting) {
            all.add(one.get());
        }
        return all;
    }

    @Test
    void operationsThatMeet_goTogether_andAreAnsweredEachForItself() throws Exception {
        var waiting = threeThatMeet(together(false, ALWAYS));
        answers.release(10);

        assertEquals(List.of("answer to 3", "answer to 4", "answer to 5"), of(waiting));
        assertEquals(0, commands.size());
    }

    @Test
    void commandThatIsRefusedAsAWhole_isSentAgain_eachOperationAlone() throws Exception {
        database = operations -> {
            if (operations.size() > 1) {
                throw UnavailableException.refused();
            }
            return each(operations);
        };

        var waiting = threeThatMeet(together(false, ALWAYS));
        answers.release(10);

        assertEquals(List.of("answer to 3", "answer to 4", "answer to 5"), of(waiting));
        assertEquals(3, commands.size());
    }

    private static List<String> noneForSeveral(List<Integer> operations) {
        if (operations.size() > 1) {
            throw UnavailableException.tooLate();
        }
        return each(operations);
    }

    @Test
    void readThatIsNotAnswered_isSentAgain_eachAlone() throws Exception {
        database = TogetherTest::noneForSeveral;

        var waiting = threeThatMeet(together(true, ALWAYS));
        answers.release(10);

        assertEquals(List.of("answer to 3", "answer to 4", "answer to 5"), of(waiting));
        assertEquals(3, commands.size());
    }

    @Test
    void writeThatIsNotAnswered_isNotSentAgain() throws Exception {
        database = TogetherTest::noneForSeveral;

        var waiting = threeThatMeet(together(false, ALWAYS));
        answers.release(10);

        for (var one : waiting) {
            var failure = assertThrows(ExecutionException.class, one::get);
            assertInstanceOf(UnavailableException.class, failure.getCause());
        }
        assertEquals(0, commands.size());
    }

    @Test
    void operationWhoseTimeIsOver_isNotSentAgain() throws Exception {
        database = operations -> {
            nanos.addAndGet(ALWAYS.toNanos());
            throw UnavailableException.tooLate();
        };

        var waiting = threeThatMeet(together(true, ALWAYS));
        answers.release(10);

        for (var one : waiting) {
            assertThrows(ExecutionException.class, one::get);
        }
        assertEquals(0, commands.size());
    }

    @Test
    void singleClient_neverWaits() throws Exception {
        var together = together(true, ALWAYS);
        answers.release(10);
        for (int n = 1; n <= 10; n++) {
            assertEquals("answer to " + n, begin(together, n).get());
            assertEquals(List.of(n), commands.take());
        }
    }

    @Test
    void lane_isNotWaitedForLongerThanThePatience() throws Exception {
        var together = together(false, Duration.ofMillis(1));
        for (int n = 1; n <= 5; n++) {
            var _ = begin(together, n);
            assertEquals(List.of(n), commands.take());
        }
    }

    @Test
    void deadline_endsTheWaitForTheCommandOfAnother() throws Exception {
        time = new Time();
        var together = together(true, ALWAYS);
        twoUnderWay(together);
        var _ = begin(together, 3);
        Thread.sleep(50);

        assertThrows(UnavailableException.class, () -> together.run(4, Deadline.in(Duration.ofMillis(100), time)));
    }
}
