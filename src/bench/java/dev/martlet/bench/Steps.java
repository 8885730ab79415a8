package dev.martlet.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/// Requests from many connections at once, counted in steps of five seconds from the start of a service.
final class Steps {

    static final Duration STEP = Duration.ofSeconds(5);

    /// @param perSecond answers with 2xx
    /// @param p99Millis the 99th percentile of their times
    record Step(double perSecond, double p99Millis) {}

    private Steps() {}

    /// `POST /data`. Begins at once, even if the service does not listen yet.
    static List<Step> post(int port, int connections, int steps) throws InterruptedException {
        return run(() -> Client.post(port), connections, steps, 0);
    }

    /// @param perSecond requests of all connections together; 0 for as many as possible
    static List<Step> run(Supplier<Client> client, int connections, int steps, double perSecond)
            throws InterruptedException {
        long pause = perSecond == 0 ? 0 : (long) (1e9 * connections / perSecond);
        long started = System.nanoTime();
        long end = started + steps * STEP.toNanos();
        var perThread = new ArrayList<List<long[]>>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < connections; i++) {
            var answered = new ArrayList<long[]>();
            perThread.add(answered);
            threads.add(Thread.startVirtualThread(() -> exchange(client, end, pause, answered)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        var result = new ArrayList<Step>();
        for (int i = 0; i < steps; i++) {
            long from = started + i * STEP.toNanos();
            long to = from + STEP.toNanos();
            long[] times = perThread.stream()
                    .flatMap(List::stream)
                    .filter(answer -> answer[0] >= from && answer[0] < to)
                    .mapToLong(answer -> answer[1])
                    .sorted()
                    .toArray();
            result.add(new Step(
                    times.length / (double) STEP.toSeconds(),
                    times.length == 0 ? 0 : times[times.length * 99 / 100] / 1e6));
        }
        return result;
    }

    private static void exchange(Supplier<Client> clients, long end, long pause, List<long[]> answered) {
        try (var client = clients.get()) {
            // Connections begin at different times. All of them at once would send bursts.
            long next = System.nanoTime()
                    + (pause == 0 ? 0 : ThreadLocalRandom.current().nextLong(pause));
            while (System.nanoTime() < end) {
                LockSupport.parkNanos(pause == 0 ? 0 : next - System.nanoTime());
                next += pause;
                long sent = System.nanoTime();
                try {
                    if (client.exchange() / 100 == 2) {
                        answered.add(new long[] {System.nanoTime(), System.nanoTime() - sent});
                        continue;
                    }
                } catch (IOException e) {
                    // The service does not listen yet.
                }
                Thread.sleep(5);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The steps in one line of the report.
    static String told(String what, List<Step> steps) {
        var line = new StringBuilder(what + "/s (p99 in ms) in steps of " + STEP.toSeconds() + " s:");
        steps.forEach(
                step -> line.append(String.format(Locale.ROOT, " %.0f (%.0f)", step.perSecond(), step.p99Millis())));
        return line.toString();
    }

    /// The median of the steps from this one on.
    static double from(List<Step> steps, int first) {
        return median(steps.stream().skip(first).mapToDouble(Step::perSecond));
    }

    /// The median of the steps' 99th percentiles, from this one on.
    static double p99From(List<Step> steps, int first) {
        return median(steps.stream().skip(first).mapToDouble(Step::p99Millis));
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
