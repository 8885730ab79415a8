package dev.martlet.bench;

import java.io.IOException;
import java.util.List;

/// Martlet and the service in Go in turns, each in its own pod, during their first two minutes.
final class BesideGo {

    private static final int ROUNDS = 3;
    private static final int CONNECTIONS = 32;
    private static final int DOCUMENTS = 10_000;
    private static final int POST_STEPS = 12;
    private static final int GET_STEPS = 9;
    /// Each answer is 2.7 MB, so more connections would only make longer queues.
    private static final int LISTINGS = 4;

    private static final String EARLY_POST = "POST/s, 5 to 10 s after the start of load";
    private static final String WARM_POST = "POST/s, from 20 s on";
    private static final String LATE_POST = "POST/s, from 40 s on";
    private static final String HALF_LOAD = "p99 of POST in ms, at half of that load";
    private static final String WARM_GET = "GET by id/s, from 10 s on";
    private static final String LATE_GET = "GET by id/s, from 30 s on";
    private static final String LISTED = "documents listed/s";
    private static final String READY_WALL = "s from start to ready";
    private static final String READY_CPU = "CPU s from start to ready";
    private static final String RESIDENT = "MiB resident after load";

    private final Report report;
    private final String uri;
    private final Ceiling ceiling;

    BesideGo(Report report, String uri, Ceiling ceiling) {
        this.report = report;
        this.uri = uri;
        this.ceiling = ceiling;
    }

    void measure() throws IOException, InterruptedException {
        for (int round = 1; round <= ROUNDS; round++) {
            System.out.println("Beside Go, round " + round + " of " + ROUNDS);
            Confined.inPod(pod -> measure(() -> GoService.start(uri, pod)));
            Confined.inPod(pod -> measure(() -> Martlet.start(uri, Martlet.hasAotCache(), pod)));
        }
    }

    @FunctionalInterface
    private interface Start {
        Contender start() throws IOException;
    }

    private void measure(Start start) throws IOException, InterruptedException {
        ceiling.clear();
        long started = System.nanoTime();
        try (Contender contender = start.start()) {
            contender.ready();
            String who = prefix(contender.name());
            report.add(who + READY_WALL, (System.nanoTime() - started) / 1e9);
            report.add(who + READY_CPU, contender.program().cpuSeconds());
            int port = contender.port();
            List<Steps.Step> posts = Steps.post(port, CONNECTIONS, POST_STEPS);
            report.note(Steps.told(contender.name() + " in the pod: POST", posts));
            double late = Steps.from(posts, 8);
            report.add(who + EARLY_POST, posts.get(1).perSecond());
            report.add(who + WARM_POST, Steps.from(posts, 4));
            report.add(who + LATE_POST, late);
            report.add(who + HALF_LOAD, Steps.p99From(Steps.run(() -> Client.post(port), CONNECTIONS, 3, late / 2), 0));
            List<String> paths =
                    ceiling.fill(DOCUMENTS).stream().map(id -> "/data/" + id).toList();
            List<Steps.Step> gets = Steps.run(() -> Client.get(port, paths), CONNECTIONS, GET_STEPS, 0);
            report.note(Steps.told(contender.name() + " in the pod: GET by id", gets));
            report.add(who + WARM_GET, Steps.from(gets, 2));
            report.add(who + LATE_GET, Steps.from(gets, 6));
            List<Steps.Step> listings = Steps.run(() -> Client.get(port, "/data"), LISTINGS, 3, 0);
            report.add(who + LISTED, Steps.from(listings, 1) * DOCUMENTS);
            report.add(who + RESIDENT, contender.program().residentMebibytes());
        }
    }

    private static String prefix(String name) {
        return "pod: " + name + ": ";
    }

    /// For what [Open] measures, and for what this class measures.
    static void targets(Report report) {
        report.ratioAtLeast("POST ÷ Go's", Open.MARTLET_POST, Open.GO_POST, 2);
        report.ratioAtLeast("GET by id ÷ Go's", Open.MARTLET_FIND, Open.GO_FIND, 1.8);
        report.ratioAtLeast("listing of 10 000 documents ÷ Go's", Open.MARTLET_LIST, Open.GO_LIST, 3);
        atLeast(report, EARLY_POST, 1.0);
        atLeast(report, WARM_POST, 1.6);
        atLeast(report, LATE_POST, 2.0);
        atLeast(report, WARM_GET, 1.0);
        atLeast(report, LATE_GET, 1.5);
        atLeast(report, LISTED, 3);
        report.atMost("in the pod: " + HALF_LOAD, prefix("Martlet") + HALF_LOAD, 50);
        report.atMost("in the pod: " + READY_WALL, prefix("Martlet") + READY_WALL, 0.8);
        report.atMost("in the pod: " + READY_CPU, prefix("Martlet") + READY_CPU, 0.4);
        report.atMost("in the pod: " + RESIDENT, prefix("Martlet") + RESIDENT, 110);
    }

    private static void atLeast(Report report, String what, double ratio) {
        report.ratioAtLeast("in the pod: " + what + " ÷ Go's", prefix("Martlet") + what, prefix("Go") + what, ratio);
    }
}
