package dev.martlet.store;

import dev.martlet.trace.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Sends operations of one kind that come at the same time as one command. Most of the cost of an insert or a find
/// is the command, not the document.
///
/// ```
///   a ────> [a] ─────────────────────────>
///   b ─────────> [b] ────────>
///   c ─────────────── waits ──> [c d e] ────────>
///   d, e ───────────── join c
/// ```
///
/// While [#LANES] commands are under way, the next one waits until one of them ends, or for [#PATIENCE]. Operations
/// that come meanwhile join it. A single client never waits. Many clients make larger commands. A slow database
/// gets more commands side by side.
///
/// Each operation has an answer and a deadline of its own. If the database refuses a whole command, nobody knows
/// which operation is to blame. Then each is sent again, alone.
///
/// @param <Q> what one operation asks for
/// @param <A> its answer
final class Together<Q, A> {

    /// The database works on one command while the other is made or read. With 64 clients, one lane and four lanes
    /// each gave 0.8 times as many inserts a second as two.
    static final int LANES = 2;
    static final int MOST_OPERATIONS = 64;
    /// Short beside the round trip to a database that waits for its journal and for a majority.
    static final Duration PATIENCE = Duration.ofMillis(2);

    /// Does several operations at once.
    interface Command<Q, A> {
        /// @return the answers, in the order of what was asked
        List<A> run(List<Q> all, Deadline deadline);
    }

    private final Command<Q, A> command;
    private final String name;
    private final boolean repeatable;
    private final Duration patience;
    private final Time time;
    private final Semaphore lanes = new Semaphore(LANES);
    private @Nullable Company<Q, A> next;

    /// The operations of one command. The first one sends it.
    private static final class Company<Q, A> {
        final List<Q> operations = new ArrayList<>();
        /// The spans of the requests that join.
        final List<Span> spans = new ArrayList<>();
        /// How long its command waited.
        long waitedNanos;
        final CompletableFuture<List<A>> answers = new CompletableFuture<>();
    }

    /// @param name       what a joining operation is called in traces
    /// @param repeatable whether an operation may be sent again, alone, if nobody knows the outcome of the command
    /// @param patience   how long to wait for a lane
    Together(String name, Command<Q, A> command, boolean repeatable, Duration patience, Time time) {
        this.name = name;
        this.command = command;
        this.repeatable = repeatable;
        this.patience = patience;
        this.time = time;
    }

    /// Does an operation, perhaps together with others.
    A run(Q operation, Deadline deadline) {
        Span request = Span.current();
        Company<Q, A> company;
        int place;
        synchronized (this) {
            company = next;
            if (company == null || company.operations.size() == MOST_OPERATIONS) {
                company = new Company<>();
                next = company;
            }
            place = company.operations.size();
            company.operations.add(operation);
            if (request.kept() && place > 0) {
                company.spans.add(request);
            }
        }
        if (place == 0) {
            send(company, request, deadline);
            return settled(company, place, operation, deadline);
        }
        try (var _ = request.child(name)) {
            return settled(company, place, operation, deadline);
        } finally {
            if (company.answers.isDone()) {
                request.waited(company.waitedNanos);
            }
        }
    }

    private A settled(Company<Q, A> company, int place, Q operation, Deadline deadline) {
        try {
            return await(company, deadline).get(place);
        } catch (UnavailableException e) {
            if (company.operations.size() > 1 && mayGoAlone(e, deadline)) {
                return command.run(List.of(operation), deadline).getFirst();
            }
            throw e;
        }
    }

    private boolean mayGoAlone(UnavailableException e, Deadline deadline) {
        return e.isRefused() || (repeatable && deadline.remainingMillis(time) > 0);
    }

    private void send(Company<Q, A> company, Span request, Deadline deadline) {
        long before = request.waitedNanos();
        long started = time.nanos();
        boolean inLane = awaitLane();
        request.waited(time.nanos() - started);
        synchronized (this) {
            if (next == company) {
                next = null;
            }
        }
        try {
            List<A> answers = Span.carrying(company.spans, () -> command.run(company.operations, deadline));
            release(inLane);
            company.waitedNanos = request.waitedNanos() - before;
            company.answers.complete(answers);
        } catch (RuntimeException | Error e) {
            release(inLane);
            company.answers.completeExceptionally(e);
        }
    }

    private boolean awaitLane() {
        try {
            return lanes.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // The driver notices it, and the other requests learn of the failure.
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// This comes before anybody learns of an answer: the next command should be on its way by then.
    private void release(boolean inLane) {
        if (inLane) {
            lanes.release();
        }
    }

    private List<A> await(Company<Q, A> company, Deadline deadline) {
        try {
            return company.answers.get(Math.max(0, deadline.remainingMillis(time)), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            // What is not repeatable is a write.
            throw repeatable
                    ? UnavailableException.tooLate()
                    : UnavailableException.tooLate().inDoubt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled");
        }
    }
}
