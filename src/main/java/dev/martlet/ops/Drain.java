package dev.martlet.ops;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/// Requests in flight, and whether the service is about to end.
///
/// From SIGTERM on, every answer asks its client to close the connection, and readiness turns false. Requests are
/// still served while they keep coming, up to [#LINGER], because a load balancer learns of the end only later.
public final class Drain {

    /// How long requests may keep coming after SIGTERM before the listener closes.
    static final Duration LINGER = Duration.ofSeconds(5);
    /// If no request comes for this long, nobody sends any more.
    static final Duration QUIET = Duration.ofSeconds(1);
    private static final Duration STEP = Duration.ofMillis(20);

    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean draining;
    private volatile long lastRequest;
    private final LongSupplier nanos;
    private final Pause pause;

    /// Lets time pass.
    @FunctionalInterface
    interface Pause {
        void take(Duration time) throws InterruptedException;
    }

    public Drain() {
        this(System::nanoTime, Thread::sleep);
    }

    /// With another clock.
    ///
    /// @param nanos like `System.nanoTime()`
    Drain(LongSupplier nanos, Pause pause) {
        this.nanos = nanos;
        this.pause = pause;
        this.lastRequest = nanos.getAsLong() - QUIET.toNanos();
    }

    /// Counts a request in. [#leave] counts it out.
    ///
    /// @param probe whether it only asks for the health of the service; such requests keep coming until the very
    ///     end
    public void enter(boolean probe) {
        inFlight.incrementAndGet();
        if (draining && !probe) {
            lastRequest = nanos.getAsLong();
        }
    }

    public void leave() {
        inFlight.decrementAndGet();
    }

    public int inFlight() {
        return inFlight.get();
    }

    public boolean draining() {
        return draining;
    }

    /// Announces the end, and waits until requests have stopped coming.
    public void begin() {
        draining = true;
        long started = nanos.getAsLong();
        if (inFlight.get() > 0) {
            lastRequest = started;
        }
        while (nanos.getAsLong() - started < LINGER.toNanos()
                && (inFlight.get() > 0 || nanos.getAsLong() - lastRequest < QUIET.toNanos())) {
            try {
                pause.take(STEP);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
