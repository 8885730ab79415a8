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

/// A fifth of every budget is for small shares. A small share has at most a quarter of that.
@Timeout(30)
class MemoryBudgetTest {

    private static final int MIB = 1 << 20;
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration LATE = Duration.ofSeconds(20);

    /// A budget with this much for large shares.
    private static MemoryBudget large(int bytes, Duration patience) {
        return new MemoryBudget(bytes / 4L * 5, patience);
    }

    @Test
    void share_beyondTheBudget_isRefusedAfterTheWait() {
        var budget = large(MIB, SOON);
        try (var first = budget.share();
                var second = budget.share()) {
            first.hold(MIB / 2);
            assertEquals(
                    503,
                    assertThrows(Problem.class, () -> second.hold(MIB)).status().code());
        }
    }

    @Test
    void share_waitsUntilAnotherIsClosed() throws Exception {
        var budget = large(MIB, LATE);
        var first = budget.share();
        first.hold(MIB);
        var second = holding(budget, MIB);
        Thread.sleep(50);
        assertFalse(second.isDone(), "did not wait");
        first.close();
        second.get(20, TimeUnit.SECONDS);
    }

    private static CompletableFuture<Void> holding(MemoryBudget budget, long bytes) {
        return CompletableFuture.runAsync(() -> {
            try (var share = budget.share()) {
                share.hold(bytes);
            }
        });
    }

    @Test
    void smallShare_doesNotWaitForLargeOnes_norForTheirLine() throws Exception {
        var budget = large(MIB, LATE);
        try (var first = budget.share();
                var small = budget.share()) {
            first.hold(MIB);
            var second = holding(budget, MIB);
            Thread.sleep(50);
            assertTrue(small.tryHold(40_000));
            assertFalse(second.isDone());
            first.shrinkTo(0);
            second.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void share_largerThanTheBudget_isGivenToOneAtATime() {
        var budget = large(MIB, SOON);
        try (var share = budget.share();
                var other = budget.share()) {
            share.hold(100 * MIB);
            assertThrows(Problem.class, () -> other.hold(100 * MIB));
        }
        try (var share = budget.share()) {
            share.hold(100 * MIB);
        }
    }

    @Test
    void ofManyThatHoldAndWaitForMore_theEldestGoesOn_andThenTheOthers() throws Exception {
        var budget = large(4 * MIB, LATE);
        var all = new CompletableFuture<?>[8];
        for (int i = 0; i < all.length; i++) {
            all[i] = CompletableFuture.runAsync(() -> {
                try (var share = budget.share()) {
                    for (int bytes = MIB / 2; bytes <= 4 * MIB; bytes += MIB / 2) {
                        share.hold(bytes);
                        Thread.sleep(2);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        CompletableFuture.allOf(all).get(20, TimeUnit.SECONDS);
    }

    @Test
    void moreThanThereIs_endsATurn_andSaysHowMuch() {
        var budget = large(MIB, SOON);
        try (var share = budget.share();
                var other = budget.share()) {
            share.require(MIB / 2);
            share.require(MIB / 4);
            other.require(MIB / 2);
            assertEquals(
                    MIB,
                    assertThrows(MemoryBudget.MoreException.class, () -> share.require(MIB))
                            .bytes());
        }
    }

    @Test
    void whatIsExpectedToBecomeLarge_isLargeFromTheBeginning() {
        var budget = large(MIB, SOON);
        try (var first = budget.share();
                var second = budget.share()) {
            first.hold(MIB);
            second.expect(MIB);
            assertFalse(second.tryHold(40_000));
        }
    }

    @Test
    void smallShareThatGrows_takesNothingFromTheSmallOnes_whileItWaits() {
        var budget = large(MIB, SOON);
        try (var first = budget.share();
                var second = budget.share()) {
            first.hold(MIB);
            second.hold(60_000);
            assertThrows(Problem.class, () -> second.hold(MIB));
            assertEquals(0, second.held());
        }
    }

    @Test
    void offer_isPartOfWhatIsLeft_andNothingWhileSomebodyWaits() throws Exception {
        var budget = large(64 * MIB, LATE);
        try (var first = budget.share();
                var second = budget.share();
                var rest = budget.share()) {
            first.expect(Long.MAX_VALUE);
            second.expect(Long.MAX_VALUE);
            assertEquals(MIB, first.offer(MIB));
            long offered = second.offer(16 * MIB);
            assertTrue(offered > MIB && offered < 2 * MIB, () -> "offered " + offered);
            rest.hold(50 * MIB);
            var waiting = holding(budget, 32 * MIB);
            Thread.sleep(50);
            try (var late = budget.share()) {
                late.expect(Long.MAX_VALUE);
                assertEquals(0, late.offer(MIB));
            }
            rest.shrinkTo(0);
            waiting.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void offer_leavesAShareThatIsNotLarge_outOfTheLineOfLargeOnes() throws Exception {
        var budget = large(64 * MIB, LATE);
        try (var rest = budget.share();
                var page = budget.share()) {
            rest.hold(60 * MIB);
            var waiting = holding(budget, 32 * MIB);
            Thread.sleep(50);
            long offered = page.offer(16 * MIB);
            assertTrue(offered > 0 && offered < MIB, () -> "offered " + offered);
            page.hold(offered + MIB / 8);
            rest.shrinkTo(0);
            waiting.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void shrinking_givesBackTheRest() {
        var budget = large(MIB, SOON);
        try (var share = budget.share();
                var other = budget.share()) {
            share.hold(MIB);
            share.shrinkTo(2 * MIB);
            assertFalse(other.tryHold(MIB / 2));
            share.shrinkTo(MIB / 2);
            assertTrue(other.tryHold(MIB / 2));
            assertFalse(other.tryHold(MIB / 2 + 32 * 1024));
        }
    }

    @Test
    void verySmallShares_areNotCounted() {
        var budget = new MemoryBudget(0, Duration.ofMillis(1));
        try (var share = budget.share()) {
            share.hold(16 * 1024);
            assertEquals(0, share.held());
        }
    }
}
