package dev.martlet.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MemoryBudgetTest {

    private static final int MIB = 1 << 20;

    @Test
    void share_beyondTheBudget_isRefusedAfterTheWait() {
        var budget = new MemoryBudget(MIB, Duration.ofMillis(20));
        try (var first = budget.share();
                var second = budget.share()) {
            first.await(MIB / 2);
            assertEquals(
                    503,
                    assertThrows(Problem.class, () -> second.await(MIB))
                            .status()
                            .code());
        }
    }

    @Test
    void share_waitsUntilAnotherIsClosed() throws Exception {
        var budget = new MemoryBudget(MIB, Duration.ofSeconds(20));
        var first = budget.share();
        first.await(MIB);
        var second = CompletableFuture.runAsync(() -> {
            try (var share = budget.share()) {
                share.await(MIB);
            }
        });
        Thread.sleep(50);
        assertFalse(second.isDone(), "did not wait");
        first.close();
        second.get(20, TimeUnit.SECONDS);
    }

    @Test
    void share_largerThanTheBudget_isGivenToOneAtATime() {
        var budget = new MemoryBudget(MIB, Duration.ofMillis(20));
        try (var share = budget.share();
                var other = budget.share()) {
            share.await(100 * MIB);
            assertThrows(Problem.class, () -> other.await(100 * MIB));
        }
        try (var share = budget.share()) {
            share.await(100 * MIB);
        }
    }

    @Test
    void growth_doesNotWait() {
        var budget = new MemoryBudget(MIB, Duration.ofDays(1));
        try (var share = budget.share();
                var other = budget.share()) {
            share.await(MIB / 2);
            other.grow(MIB / 4);
            assertThrows(Problem.class, () -> other.grow(MIB / 2));
        }
    }

    @Test
    void growthToASum_takesWhatIsMissing_orWaitsForAllOfItAnew() {
        var budget = new MemoryBudget(MIB, Duration.ofMillis(20));
        try (var share = budget.share();
                var last = budget.share()) {
            share.await(MIB / 4);
            assertTrue(share.tryGrowTo(MIB / 2));
            assertTrue(share.tryGrowTo(MIB / 4));
            try (var other = budget.share()) {
                other.await(MIB / 2);
                assertFalse(share.tryGrowTo(MIB));
            }
            share.awaitRefused();
            assertThrows(Problem.class, () -> last.await(MIB / 4));
        }
    }

    @Test
    void shrinking_givesBackTheRest() {
        var budget = new MemoryBudget(MIB, Duration.ofMillis(20));
        try (var share = budget.share();
                var other = budget.share()) {
            share.await(MIB);
            share.shrinkTo(2 * MIB);
            assertFalse(other.tryGrowTo(MIB / 2));
            share.shrinkTo(MIB / 2);
            assertTrue(other.tryGrowTo(MIB / 2));
            assertFalse(other.tryGrowTo(MIB / 2 + 32 * 1024));
        }
    }

    @Test
    void smallRequests_areNotCounted() {
        var budget = new MemoryBudget(0, Duration.ofMillis(1));
        try (var share = budget.share()) {
            share.await(16 * 1024);
        }
    }
}
