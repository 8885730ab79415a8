package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// The service within a pod's limits. The database and the client have the rest of the machine.
final class Confined {

    static final String EARLY = "pod: Martlet: POST/s, 5 to 10 s after the start";
    static final String LATE = "pod: Martlet: POST/s, from 30 s on";
    static final String FLASK = "pod: Flask: POST/s";
    static final String READY_WALL = "pod: s to ready";
    static final String READY_CPU = "pod: CPU s to ready";
    static final String RESIDENT_400 = "pod: MiB resident after a minute at 400 connections";
    static final String KILLED = "pod: processes killed";
    static final String TIMES_AS_LONG = "pod: listing 1 000 000, times as long as 100 000";
    static final String MEBIBYTES_MORE = "pod: listing 1 000 000, MiB more at its peak";

    private static final int CONNECTIONS = 32;
    private static final int STEPS = 12;
    private static final int STARTS = 5;
    private static final int FLASK_WORKERS = 2;

    private final Report report;
    private final String uri;
    private final Ceiling ceiling;

    Confined(Report report, String uri, Ceiling ceiling) {
        this.report = report;
        this.uri = uri;
        this.ceiling = ceiling;
    }

    boolean possible() {
        var pod = Pod.create();
        pod.ifPresent(Pod::close);
        return pod.isPresent();
    }

    interface Work {
        void in(Pod pod) throws IOException, InterruptedException;
    }

    static void inPod(Work work) throws IOException, InterruptedException {
        try (Pod pod = Pod.create().orElseThrow()) {
            work.in(pod);
        }
    }

    /// During the first minute.
    void post(boolean python) throws IOException, InterruptedException {
        if (python) {
            ceiling.clear();
            inPod(pod -> {
                try (Contender flask = Flask.start(uri, FLASK_WORKERS, pod)) {
                    List<Steps.Step> steps = Steps.post(flask.port(), CONNECTIONS, STEPS);
                    report.note(Steps.told("Flask in the pod: POST", steps));
                    report.add(FLASK, Steps.from(steps, 1));
                }
            });
        }
        if (Martlet.hasAotCache()) {
            post(true, "");
        }
        post(false, Martlet.hasAotCache() ? " (no AOT cache)" : "");
    }

    private void post(boolean aot, String suffix) throws IOException, InterruptedException {
        ceiling.clear();
        inPod(pod -> {
            try (Contender martlet = Martlet.start(uri, aot, pod)) {
                List<Steps.Step> steps = Steps.post(martlet.port(), CONNECTIONS, STEPS);
                report.note(Steps.told("Martlet in the pod" + suffix + ": POST", steps));
                report.add(EARLY + suffix, steps.get(1).perSecond());
                report.add(LATE + suffix, Steps.from(steps, 6));
            }
        });
    }

    void start() throws IOException, InterruptedException {
        for (int i = 0; i < STARTS; i++) {
            if (Martlet.hasAotCache()) {
                start(true, "");
            }
            start(false, Martlet.hasAotCache() ? " (no AOT cache)" : "");
        }
    }

    private void start(boolean aot, String suffix) throws IOException, InterruptedException {
        inPod(pod -> {
            long started = System.nanoTime();
            try (Contender martlet = Martlet.start(uri, aot, pod)) {
                martlet.ready();
                report.add(READY_WALL + suffix, secondsSince(started));
                report.add(READY_CPU + suffix, martlet.program().cpuSeconds());
                martlet.awaitFirstPost();
                report.add("pod: s to first POST" + suffix, secondsSince(started));
                report.add(
                        "pod: CPU s to first POST" + suffix, martlet.program().cpuSeconds());
            }
        });
    }

    private static double secondsSince(long started) {
        return (System.nanoTime() - started) / 1e9;
    }

    void memory() throws IOException, InterruptedException {
        ceiling.clear();
        inPod(pod -> {
            try (Contender martlet =
                    Martlet.start(uri, Martlet.hasAotCache(), pod).ready()) {
                Thread.sleep(Duration.ofSeconds(3));
                report.add("pod: MiB resident, idle", martlet.program().residentMebibytes());
                Steps.post(martlet.port(), CONNECTIONS, 4);
                report.add(
                        "pod: MiB resident after 20 s at 32 connections",
                        martlet.program().residentMebibytes());
                Steps.post(martlet.port(), 400, STEPS);
                report.add(RESIDENT_400, martlet.program().residentMebibytes());
                report.add(KILLED, (double) pod.killed());
            }
        });
    }

    void listing() throws IOException, InterruptedException {
        inPod(pod -> {
            try (Contender martlet =
                    Martlet.start(uri, Martlet.hasAotCache(), pod).ready()) {
                ceiling.fill(100_000);
                listed(martlet);
                double hundredThousand = listed(martlet);
                double peak = martlet.program().peakMebibytes();
                ceiling.fill(1_000_000);
                double million = listed(martlet);
                report.add("pod: s to list 100 000 documents", hundredThousand);
                report.add("pod: s to list 1 000 000 documents", million);
                report.add(TIMES_AS_LONG, million / hundredThousand);
                report.add(MEBIBYTES_MORE, martlet.program().peakMebibytes() - peak);
            }
        });
        ceiling.clear();
    }

    private static double listed(Contender martlet) throws IOException {
        long started = System.nanoTime();
        try (var client = Client.get(martlet.port(), "/data")) {
            if (client.exchange() != 200) {
                throw new IOException(
                        "the listing failed; see " + martlet.program().log());
            }
        }
        return secondsSince(started);
    }
}
