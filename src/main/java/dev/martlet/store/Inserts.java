package dev.martlet.store;

import dev.martlet.trace.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// Sends inserts that come at the same time as one command: most of what an insert costs is the command, not the
/// document.
///
/// ```
///   a ────> [a] ─────────────────────────>
///   b ─────────> [b] ────────>
///   c ─────────────── waits ──> [c d e] ────────>
///   d, e ───────────── join c
/// ```
///
/// While [#LANES] commands are under way the next one waits, for one of them to end or for [#PATIENCE], and whoever
/// comes meanwhile joins it. A single client never waits; many make larger commands; a slow database gets more of
/// them side by side.
///
/// Each document is stored, or refused, for itself. When the database will not have a command as a whole nobody knows
/// for which document's sake: then each goes again, alone.
final class Inserts {

    /// One that the database works on, one that is made or read. With 64 clients 1 gave 0.8 and 4 gave 0.8 as many
    /// inserts a second.
    static final int LANES = 2;
    static final int MOST_DOCUMENTS = 64;
    /// Not noticed beside the round trip to a database that waits for its journal and for a majority.
    static final Duration PATIENCE = Duration.ofMillis(2);

    private final BiFunction<List<RawBsonDocument>, Deadline, List<Refusal>> command;
    private final Duration patience;
    private final Time time;
    private final Semaphore lanes = new Semaphore(LANES);
    private @Nullable Company next;

    /// Those that go with one command: whoever adds the first document sends it.
    private static final class Company {
        final List<RawBsonDocument> documents = new ArrayList<>();
        /// Of the requests that join.
        final List<Span> spans = new ArrayList<>();
        /// How long its command waited.
        long waitedNanos;
        final CompletableFuture<List<Refusal>> outcome = new CompletableFuture<>();
    }

    /// @param command  stores each of the documents for itself, and tells which are refused
    /// @param patience to wait for a lane
    Inserts(BiFunction<List<RawBsonDocument>, Deadline, List<Refusal>> command, Duration patience, Time time) {
        this.command = command;
        this.patience = patience;
        this.time = time;
    }

    /// Stores a document, perhaps together with others.
    ///
    /// @return why the database refuses it; empty when it is stored
    Optional<Refusal> insert(RawBsonDocument document, Deadline deadline) {
        Span request = Span.current();
        Company company;
        int place;
        synchronized (this) {
            company = next;
            if (company == null || company.documents.size() == MOST_DOCUMENTS) {
                company = new Company();
                next = company;
            }
            place = company.documents.size();
            company.documents.add(document);
            if (request.kept() && place > 0) {
                company.spans.add(request);
            }
        }
        if (place == 0) {
            send(company, request, deadline);
            return settled(company, place, document, deadline);
        }
        try (var _ = request.child("insert with others")) {
            return settled(company, place, document, deadline);
        } finally {
            if (company.outcome.isDone()) {
                request.waited(company.waitedNanos);
            }
        }
    }

    private Optional<Refusal> settled(Company company, int place, RawBsonDocument document, Deadline deadline) {
        try {
            return of(place, await(company, deadline));
        } catch (UnavailableException e) {
            if (e.isRefused() && company.documents.size() > 1) {
                return of(0, command.apply(List.of(document), deadline));
            }
            throw e;
        }
    }

    private void send(Company company, Span request, Deadline deadline) {
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
            List<Refusal> refusals = Span.carrying(company.spans, () -> command.apply(company.documents, deadline));
            release(inLane);
            company.waitedNanos = request.waitedNanos() - before;
            company.outcome.complete(refusals);
        } catch (RuntimeException | Error e) {
            release(inLane);
            company.outcome.completeExceptionally(e);
        }
    }

    private boolean awaitLane() {
        try {
            return lanes.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // The driver will notice, and the others learn of it.
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// Before anybody is told of an outcome: the next command should be on its way when its clients are answered.
    private void release(boolean inLane) {
        if (inLane) {
            lanes.release();
        }
    }

    private List<Refusal> await(Company company, Deadline deadline) {
        try {
            return company.outcome.get(Math.max(0, deadline.remainingMillis(time)), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw UnavailableException.tooLate();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled.");
        }
    }

    private static Optional<Refusal> of(int place, List<Refusal> refusals) {
        return refusals.stream().filter(refusal -> refusal.place() == place).findFirst();
    }
}
