package dev.martlet.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The memory that requests of one kind take together, and the queue of those that wait for it.
///
/// - A request that comes while others wait, waits too. Next is the client address that holds least. Within one
///   address, which may be a proxy for all clients, it is the request that holds least, and then the one that came
///   first.
/// - The oldest holder always gets what it asks for, even beyond the size. So if many hold something and wait for
///   more, one of them can go on, and then the others.
/// - While somebody waits, holders with slow clients are given up.
final class MemoryLane {

    /// How often waiting requests look for slow clients.
    private static final long LOOK_MILLIS = 200;

    private final long size;
    private final LinkedHashSet<Holding> holders = new LinkedHashSet<>();
    private final List<Waiter> waiting = new ArrayList<>();
    private long taken;

    private record Waiter(Holding holding, long bytes, CompletableFuture<Boolean> granted) {}

    MemoryLane(long size) {
        this.size = size;
    }

    long size() {
        return size;
    }

    synchronized long taken() {
        return taken;
    }

    /// Takes this much if it is there and nobody waits.
    synchronized boolean tryTake(Holding holding, long bytes) {
        boolean free = waiting.isEmpty() && fits(bytes);
        if (free) {
            give(holding, bytes);
        }
        return free;
    }

    /// Takes this much. Waits if necessary.
    ///
    /// @return whether it was there in time
    boolean take(Holding holding, long bytes, long patienceMillis) {
        Waiter waiter;
        synchronized (this) {
            if (tryTake(holding, bytes)) {
                return true;
            }
            waiter = new Waiter(holding, bytes, new CompletableFuture<>());
            waiting.add(waiter);
            grant();
        }
        boolean granted = false;
        try {
            granted = await(waiter, patienceMillis);
        } finally {
            granted |= !granted && leave(waiter);
        }
        return granted;
    }

    private boolean await(Waiter waiter, long patienceMillis) {
        for (long left = patienceMillis; left > 0; left -= LOOK_MILLIS) {
            try {
                return waiter.granted.get(Math.min(left, LOOK_MILLIS), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                giveUpSlowClients();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } catch (ExecutionException e) {
                throw new AssertionError("it only ever gets a value", e);
            }
        }
        return false;
    }

    /// Leaves the queue.
    ///
    /// @return whether it got its memory at the last moment
    private synchronized boolean leave(Waiter waiter) {
        if (!waiting.remove(waiter)) {
            return true;
        }
        grant();
        return false;
    }

    synchronized void giveBack(Holding holding, long bytes, boolean all) {
        taken -= bytes;
        if (all) {
            holders.remove(holding);
        }
        grant();
    }

    /// How much of the free memory a request may take that could do without.
    synchronized long spare(int parts) {
        return waiting.isEmpty() ? Math.max(0, (size - taken) / parts) : 0;
    }

    private boolean fits(long bytes) {
        // A single request can always have what it asks for.
        return taken + bytes <= size || taken == 0;
    }

    private void give(Holding holding, long bytes) {
        taken += bytes;
        holders.add(holding);
    }

    private void grant() {
        while (!waiting.isEmpty()) {
            Waiter next = next();
            if (!fits(next.bytes) && !isEldest(next.holding)) {
                return;
            }
            waiting.remove(next);
            give(next.holding, next.bytes);
            next.granted.complete(true);
        }
    }

    private boolean isEldest(Holding holding) {
        Iterator<Holding> inOrder = holders.iterator();
        return inOrder.hasNext() && inOrder.next() == holding;
    }

    private Waiter next() {
        Map<Object, Long> held = new HashMap<>();
        holders.forEach(holder -> held.merge(holder.address(), holder.bytes(), Long::sum));
        Waiter next = waiting.getFirst();
        for (Waiter waiter : waiting) {
            if (isEldest(waiter.holding)) {
                return waiter;
            }
            int order = Long.compare(
                    held.getOrDefault(waiter.holding.address(), 0L), held.getOrDefault(next.holding.address(), 0L));
            if (order < 0 || (order == 0 && waiter.holding.bytes() < next.holding.bytes())) {
                next = waiter;
            }
        }
        return next;
    }

    private void giveUpSlowClients() {
        List<Holding> all;
        synchronized (this) {
            all = List.copyOf(holders);
        }
        all.forEach(Holding::giveUpIfSlow);
    }
}
