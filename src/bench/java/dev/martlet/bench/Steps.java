package dev.martlet.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// `POST /data` from many connections at once, counted in steps from the very start of a service.
final class Steps {

    static final Duration STEP = Duration.ofSeconds(5);

    /// @param perSecond documents stored
    /// @param p99Millis of the times that it took
    record Step(double perSecond, double p99Millis) {}

    private Steps() {}

    /// Begins at once, whether or not the service listens yet, and ends after so many steps.
    static List<Step> run(int port, int connections, int steps) throws InterruptedException {
        long started = System.nanoTime();
        long end = started + steps * STEP.toNanos();
        var perThread = new ArrayList<List<long[]>>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < connections; i++) {
            var answered = new ArrayList<long[]>();
            perThread.add(answered);
            threads.add(Thread.startVirtualThread(() -> post(port, end, answered)));
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

    private static void post(int port, long end, List<long[]> answered) {
        try (var client = Client.post(port)) {
            while (System.nanoTime() < end) {
                long sent = System.nanoTime();
                try {
                    if (client.exchange() == 201) {
                        answered.add(new long[] {System.nanoTime(), System.nanoTime() - sent});
                        continue;
                    }
                } catch (IOException e) {
                    // Nobody listens yet.
                }
                Thread.sleep(5);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The median of the steps from this one on.
    static double from(List<Step> steps, int first) {
        double[] rates =
                steps.stream().skip(first).mapToDouble(Step::perSecond).sorted().toArray();
        return rates[rates.length / 2];
    }
}
