package dev.martlet.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/// All contenders in turns, on the whole machine.
final class Open implements AutoCloseable {

    static final String DRIVER_INSERT = "bare driver: inserts/s";
    static final String DRIVER_FIND = "bare driver: finds by _id/s";
    static final String DRIVER_SCAN = "bare driver: documents scanned/s";
    static final String MARTLET_POST = "Martlet: POST/s";
    static final String MARTLET_FIND = "Martlet: GET by id/s";
    static final String MARTLET_LIST = "Martlet: documents listed/s";
    static final String MARTLET_ROOT = "Martlet: GET //s";
    static final String GO_POST = "Go: POST/s";
    static final String GO_FIND = "Go: GET by id/s";
    static final String GO_LIST = "Go: documents listed/s";
    static final String FLASK_POST = "Flask: POST/s";
    static final String FLASK_LIST = "Flask: documents listed/s";
    static final String FLASK_ROOT = "Flask: GET //s";

    private static final int DOCUMENTS = 10_000;
    /// With more listings at once, some must not hold a batch of any size. Those ask for `$bsonSize`, which this
    /// database does not have.
    private static final int LISTED_BY = 2;
    private static final Duration MEASURED = Duration.ofSeconds(Integer.getInteger("bench.seconds", 5));
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.seconds", 5) * 2L);

    private final Report report;
    private final Ceiling ceiling;
    private final Contender martlet;
    private final Wrk wrk;
    private final Wrk lists;
    private @Nullable Contender flask;
    private @Nullable Contender go;
    private double bytesADocument;

    Open(Report report, Ceiling ceiling, Contender martlet, int connections) {
        this.report = report;
        this.ceiling = ceiling;
        this.martlet = martlet;
        this.wrk = new Wrk(connections);
        this.lists = new Wrk(connections / LISTED_BY);
    }

    void flask(Contender started) {
        flask = started;
    }

    void go(Contender started) {
        go = started;
    }

    void warmUp() throws IOException, InterruptedException {
        System.out.println("Warm-up");
        ceiling.insert(WARM_UP);
        wrk.run(martlet.port(), WARM_UP, "post", Workload.JSON);
        String ids = ids(ceiling.fill(DOCUMENTS));
        bytesADocument = listingBytes(martlet.port()) / (double) DOCUMENTS;
        ceiling.find(WARM_UP);
        wrk.run(martlet.port(), WARM_UP, "find", ids);
        ceiling.scan(WARM_UP);
        lists.run(martlet.port(), WARM_UP, "get", "/data");
        wrk.run(martlet.port(), WARM_UP, "get", "/");
        if (go != null) {
            wrk.run(go.port(), WARM_UP, "find", ids);
        }
    }

    void round() throws IOException, InterruptedException {
        ceiling.clear();
        report.add(DRIVER_INSERT, ceiling.insert(MEASURED));
        ceiling.clear();
        report.add(
                MARTLET_POST,
                wrk.run(martlet.port(), MEASURED, "post", Workload.JSON).perSecond());
        String ids = ids(ceiling.fill(DOCUMENTS));
        report.add(DRIVER_FIND, ceiling.find(MEASURED));
        report.add(MARTLET_FIND, wrk.run(martlet.port(), MEASURED, "find", ids).perSecond());
        report.add(DRIVER_SCAN, ceiling.scan(MEASURED));
        report.add(
                MARTLET_LIST,
                lists.run(martlet.port(), MEASURED, "get", "/data").bytesPerSecond() / bytesADocument);
        report.add(MARTLET_ROOT, wrk.run(martlet.port(), MEASURED, "get", "/").perSecond());
        if (go != null) {
            int port = go.port();
            report.add(GO_FIND, wrk.run(port, MEASURED, "find", ids).perSecond());
            double goBytes = listingBytes(port) / (double) DOCUMENTS;
            report.add(GO_LIST, lists.run(port, MEASURED, "get", "/data").bytesPerSecond() / goBytes);
            ceiling.clear();
            report.add(GO_POST, wrk.run(port, MEASURED, "post", Workload.JSON).perSecond());
            ceiling.fill(DOCUMENTS);
        }
        if (flask != null) {
            int port = flask.port();
            double flaskBytes = listingBytes(port) / (double) DOCUMENTS;
            report.add(FLASK_LIST, lists.run(port, MEASURED, "get", "/data").bytesPerSecond() / flaskBytes);
            report.add(FLASK_ROOT, wrk.run(port, MEASURED, "get", "/").perSecond());
            ceiling.clear();
            report.add(
                    FLASK_POST, wrk.run(port, MEASURED, "post", Workload.JSON).perSecond());
        }
    }

    private static String ids(List<ObjectId> ids) {
        return ids.stream().map(ObjectId::toHexString).collect(Collectors.joining("\n"));
    }

    /// The bytes of one listing. Dividing wrk's bytes by them also counts the listings that are cut off at the end of
    /// a measurement.
    private static long listingBytes(int port) throws IOException {
        try (var client = Client.get(port, "/data")) {
            client.exchange();
            return client.received();
        }
    }

    @Override
    public void close() {
        if (flask != null) {
            flask.close();
        }
        if (go != null) {
            go.close();
        }
    }
}
