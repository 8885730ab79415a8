package dev.martlet.replicas;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.ledger.Ledger;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Elections and rollbacks under the ledger. Nobody gets an error. Nothing that was acknowledged is lost or undone.
/// Every answer is true, and a watcher sees each change once.
///
/// `-Dmartlet.elections=50 -Dmartlet.rollbacks=10` set the size. `-Dmartlet.seed=…` repeats the random choices of a
/// run.
@Timeout(1800)
class ElectionTest {

    private static final Duration READY = Duration.ofSeconds(60);
    private static final int ELECTIONS = Integer.getInteger("martlet.elections", Soak.size(3, 50));
    private static final int ROLLBACKS = Integer.getInteger("martlet.rollbacks", Soak.size(1, 10));
    private static final int CLIENTS = 16;

    @Test
    void electionsAndRollbacks_failNothing_andLoseNothingNorMakeAnAnswerWrong() throws Exception {
        long seed = Long.getLong("martlet.seed", System.nanoTime());
        System.out.println("replica set: seed " + seed);
        var random = new Random(seed);
        try (var set = ReplicaSet.start(seed);
                var service = ServiceProcess.start(Map.of("MONGODB_URI", set.uri()));
                var ledger = new Ledger(service.uri("/"), Duration.ofMillis(5))) {
            service.await("/health/ready", 200, READY);
            ledger.watching().start(CLIENTS);
            int rollbacks = 0;
            for (int i = 0; i < ELECTIONS + ROLLBACKS; i++) {
                Thread.sleep(Soak.size(500, 1000));
                // Mostly as in one building; now and then with a member that lags.
                set.replicationDelay(Duration.ofMillis(random.nextInt(4) == 0 ? 200 : 1 + random.nextInt(20)));
                // Evenly spread among the elections, the last one among them.
                if ((i + 1) * ROLLBACKS / (ELECTIONS + ROLLBACKS) > rollbacks) {
                    rollbacks++;
                    // Before it, the primary is cut off for a while. Both together take as long as any election.
                    Duration election = election(random).minus(ReplicaSet.GATHER);
                    assertTrue(set.rollBack(election) > 0, "nothing was taken back");
                } else if (random.nextInt(3) == 0) {
                    set.kill(election(random));
                } else {
                    set.stepDown(election(random), random.nextBoolean());
                }
            }
            Thread.sleep(1000);
            Ledger.Report report = ledger.finish();
            System.out.printf(
                    Locale.ROOT,
                    "[figures] replica set, seed %d: %d elections, %d of them after a rollback of %d writes: %s%n",
                    seed,
                    set.elections(),
                    rollbacks,
                    set.rolledBack(),
                    report);
            assertAll(
                    () -> assertEquals(Map.of(), report.failures(), service::logText),
                    () -> assertEquals(List.of(), report.lost()),
                    () -> assertEquals(List.of(), report.wrong()),
                    () -> assertEquals(List.of(), report.mistold()),
                    () -> assertTrue(report.told() > 100, report::toString),
                    () -> assertEquals(List.of(), service.stackTraces()),
                    () -> assertEquals(List.of(), set.broken()));
        }
    }

    /// What a new primary knows of its majority lags behind what the old one has acknowledged.
    @Test
    void newPrimary_showsWhatWasAcknowledgedBefore() throws Exception {
        try (var set = ReplicaSet.start();
                var service = ServiceProcess.start(Map.of("MONGODB_URI", set.uri()))) {
            service.await("/health/ready", 200, READY);
            assertEquals(201, service.post("{\"_id\":\"a\"}").statusCode());
            set.replicationDelay(Duration.ofMillis(500));
            assertEquals(201, service.post("{\"_id\":\"b\"}").statusCode());

            set.stepDown(Duration.ofMillis(100), false);

            assertEquals(200, service.get("/data/b").statusCode());
            assertEquals(
                    "[{\"_id\":\"a\"},{\"_id\":\"b\"}]", service.get("/data").body());
        }
    }

    /// From 2 to 12 s, mostly short: a request waits for 15 s. The small test has no time for long ones.
    private static Duration election(Random random) {
        double share = Math.pow(random.nextDouble(), 4);
        return Duration.ofMillis(2000 + (long) (Soak.size(500, 10_000) * share));
    }
}
