package dev.martlet.local;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Runs work that may take long on threads of its own, so that it does not hold up anybody else in this process.
///
/// As many queries run at the same moment as there are processors, and they take turns. The system shares the
/// processors between them and everything else.
final class Queries implements AutoCloseable {

    /// How often it checks whether nobody waits any more.
    private static final long LOOK_MILLIS = 50;

    private final Duration patience;
    private final Semaphore turns = new Semaphore(Runtime.getRuntime().availableProcessors(), true);
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("embedded-database-query-", 1).factory());

    /// @param patience how long a query may take that gives no time limit
    Queries(Duration patience) {
        this.patience = patience;
    }

    Duration patience() {
        return patience;
    }

    /// @param time      how long it may take
    /// @param abandoned whether nobody waits for it any more
    <T> T run(Duration time, BooleanSupplier abandoned, Supplier<T> query) {
        var work = new Work(turns, time);
        Future<T> result = threads.submit(() -> work.run(query::get));
        while (true) {
            try {
                return result.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (abandoned.getAsBoolean()) {
                    work.end(new CommandFailure(11601, "Interrupted", "the client has left"));
                }
            } catch (InterruptedException e) {
                work.end(new CommandFailure(11600, "InterruptedAtShutdown", "the database is being closed"));
            } catch (ExecutionException | CancellationException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
