package dev.martlet.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Compares Martlet with the bare driver, with a service in Go and with its predecessor, in one run, on one machine,
/// with one database process.
///
/// `mvn -Paot,bench verify` runs it. It reports ratios, because absolute figures say more about the machine.
///
/// System properties: `bench.rounds` (5) and `bench.seconds` (5, per measurement) apply outside the pod. `bench.only`
/// names the parts to run, separated by commas: `open`, `go`, `pod`, `start`, `memory`, `listing`, `otlp`.
///
/// If `OTEL_EXPORTER_OTLP_ENDPOINT` is set, Martlet sends its traces there in all parts but `otlp`.
final class Benchmark {

    private static final int CONNECTIONS = 64;

    private Benchmark() {}

    static void main() throws IOException, InterruptedException {
        var report = new Report();
        var only = List.of(System.getProperty("bench.only", "open,go,pod,start,memory,listing,otlp")
                .split(",", -1));
        String collector = System.getenv(Traced.ENDPOINT);
        if (collector != null && !collector.isEmpty()) {
            report.note("Martlet sends its traces to " + collector + ", which is at " + Traced.ENDPOINT + ".");
        }
        boolean python = Flask.install();
        if (!python) {
            report.note("The predecessor is not measured: Python with venv and pip is missing. Install python3-venv.");
        }
        boolean go = GoService.install();
        if (!go) {
            report.note("The service in Go is not measured: Go or its driver is missing. Install Go 1.25 or later.");
        }
        try (Program database = Program.start("database", databaseCommand(), Map.of(), null)) {
            String uri = "mongodb://127.0.0.1:" + database.await(Pattern.compile("PORT=(\\d+)"))
                    + "/martlet?retryWrites=false";
            try (var ceiling = new Ceiling(uri, CONNECTIONS)) {
                if (only.contains("open")) {
                    open(report, uri, ceiling, python, go);
                }
                var confined = new Confined(report, uri, ceiling);
                if (!confined.possible()) {
                    report.note("Nothing is measured in a pod: control groups cannot be made here. Run as root.");
                    only = List.of();
                }
                if (!Martlet.hasAotCache()) {
                    report.note(
                            "The AOT cache is not measured: target/martlet.aot is missing. Run `mvn -Paot,bench verify`.");
                }
                for (String part : only) {
                    switch (part) {
                        case "go" -> {
                            if (go) {
                                new BesideGo(report, uri, ceiling).measure();
                            }
                        }
                        case "pod" -> confined.post(python);
                        case "start" -> confined.start();
                        case "memory" -> confined.memory();
                        case "listing" -> confined.listing();
                        case "otlp" -> new Traced(report, uri, ceiling).measure();
                        default -> {}
                    }
                }
            }
        }
        targets(report);
        report.print();
        report.write(Path.of("target/bench/results.json"));
    }

    private static List<String> databaseCommand() {
        return List.of(
                Martlet.java(),
                "-XX:+UseCompactObjectHeaders",
                "-Xmx6g",
                "-cp",
                System.getProperty("java.class.path"),
                DatabaseServer.class.getName());
    }

    private static void open(Report report, String uri, Ceiling ceiling, boolean python, boolean go)
            throws IOException, InterruptedException {
        if (!Wrk.available()) {
            report.note("The part `open` is not measured: wrk is missing. Install it (Debian: apt-get install wrk).");
            return;
        }
        int rounds = Integer.getInteger("bench.rounds", 5);
        try (Contender martlet = Martlet.start(uri, Martlet.hasAotCache(), null).ready();
                var open = new Open(report, ceiling, martlet, CONNECTIONS)) {
            if (python) {
                open.flask(Flask.start(uri, Runtime.getRuntime().availableProcessors(), null)
                        .ready());
            }
            if (go) {
                open.go(GoService.start(uri, null).ready());
            }
            open.warmUp();
            for (int round = 1; round <= rounds; round++) {
                System.out.println("Round " + round + " of " + rounds);
                open.round();
            }
        }
    }

    private static void targets(Report report) {
        report.ratioAtLeast("POST over HTTP ÷ bare-driver inserts", Open.MARTLET_POST, Open.DRIVER_INSERT, 0.70);
        report.ratioAtLeast("GET by id over HTTP ÷ bare-driver finds", Open.MARTLET_FIND, Open.DRIVER_FIND, 0.75);
        report.ratioAtLeast("listing ÷ bare-driver scan, documents/s", Open.MARTLET_LIST, Open.DRIVER_SCAN, 0.90);
        report.ratioAtLeast("POST ÷ Flask's", Open.MARTLET_POST, Open.FLASK_POST, 4);
        report.ratioAtLeast("GET / ÷ Flask's", Open.MARTLET_ROOT, Open.FLASK_ROOT, 8);
        report.ratioAtLeast("listing of 10 000 documents ÷ Flask's", Open.MARTLET_LIST, Open.FLASK_LIST, 4);
        BesideGo.targets(report);
        report.ratioAtLeast("in the pod: POST, 5 to 10 s after the start ÷ Flask's", Confined.EARLY, Confined.FLASK, 5);
        report.ratioAtLeast("in the pod: POST, from 30 s on ÷ Flask's", Confined.LATE, Confined.FLASK, 11);
        report.atMost("in the pod: s from start to ready", Confined.READY_WALL, 1.5);
        report.atMost("in the pod: CPU s from start to ready", Confined.READY_CPU, 0.8);
        report.atMost("in the pod: resident MiB after a minute at 400 connections", Confined.RESIDENT_400, 200);
        report.atMost("in the pod: processes killed", Confined.KILLED, 0);
        report.atMost("listing of 1 000 000 documents: times as long as of 100 000", Confined.TIMES_AS_LONG, 11);
        report.atMost("listing of 1 000 000 documents: MiB more than 100 000 took", Confined.MEBIBYTES_MORE, 16);
        Traced.targets(report);
    }
}
