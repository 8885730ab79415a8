package dev.martlet.gitops;

import static dev.martlet.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.martlet.Endpoint;
import dev.martlet.ServiceProcess;
import dev.martlet.SharedDatabase;
import dev.martlet.faults.TcpProxy;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The dashboard and the alerts, asked of a real Prometheus that scrapes a running service: each expression gives data.
@Timeout(180)
class MonitoringTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Path MONITORING = Manifests.GITOPS.resolve("monitoring");
    private static final JsonMapper JSON = new JsonMapper();

    /// What gives no data here, and why.
    private static final Map<String, String> EXCUSED = Map.of(
            "alert MartletDown", "absent() tells only of what is not there",
            "alert MongoMemberDown", "there is no MongoDB here, and no exporter of its figures",
            "alert MongoReplicationLag", "there is no MongoDB here, and no exporter of its figures",
            "panel Member state", "there is no MongoDB here, and no exporter of its figures",
            "panel Behind the primary", "there is no MongoDB here, and no exporter of its figures",
            "panel Operations per second", "there is no MongoDB here, and no exporter of its figures",
            "panel Connections", "there is no MongoDB here, and no exporter of its figures",
            "panel Memory resident", "there is no MongoDB here, and no exporter of its figures");

    /// A comparison drops every series that does not fulfil it. With `bool` it keeps them all, as 0 or 1.
    private static final Pattern COMPARISON = Pattern.compile(" (==|>=|<=|>|<) ");

    @TempDir
    private Path folder;

    @Test
    void everyExpression_givesData() throws Exception {
        assumeTrue(Tool.PROMETHEUS.present(), Tool.PROMETHEUS.absence());
        try (var network = new TcpProxy(URI.create(SharedDatabase.uri()).getPort());
                var service = ServiceProcess.start(Map.of(
                        "MONGODB_URI", "mongodb://127.0.0.1:" + network.port() + "/?directConnection=true",
                        "MONGO_COLLECTION", "monitored",
                        "REQUEST_TIMEOUT", "PT1S"))) {
            service.await("/health/ready", 200, PATIENCE);
            try (var prometheus = new Prometheus(service.port())) {
                var silent = new TreeMap<String, List<String>>();
                eventually(PATIENCE, () -> {
                    use(service, network);
                    silent.clear();
                    for (var asked : expressions().entrySet()) {
                        var without = new ArrayList<String>();
                        for (String expression : asked.getValue()) {
                            if (prometheus.ask(expression).isEmpty()) {
                                without.add(expression);
                            }
                        }
                        if (!without.isEmpty()) {
                            silent.put(asked.getKey(), without);
                        }
                    }
                    assertEquals(new TreeSet<>(EXCUSED.keySet()), silent.keySet(), silent::toString);
                });
                assertEquals(Set.of("ok"), prometheus.health());
            }
        }
    }

    /// Requests that succeed, and some that fail because the database is away.
    private static void use(ServiceProcess service, TcpProxy network) throws Exception {
        assertEquals(201, service.post("{\"n\":1}").statusCode());
        assertEquals(404, service.status("/data/none"));
        network.stall();
        assertEquals(503, service.status("/data/none"));
        network.pass();
        service.await("/data/none", 404, PATIENCE);
    }

    /// By the title of their panel, or the name of their alert.
    private static Map<String, List<String>> expressions() {
        var all = new TreeMap<String, List<String>>();
        JSON.readTree(Manifests.read(MONITORING.resolve("grafana/martlet.json")))
                .path("panels")
                .forEach(panel -> {
                    List<String> asked = StreamSupport.stream(
                                    panel.path("targets").spliterator(), false)
                            .map(target -> target.path("expr").asString().replace("$__rate_interval", "1m"))
                            .toList();
                    if (!asked.isEmpty()) {
                        all.put("panel " + panel.path("title").asString(), asked);
                    }
                });
        alerts().forEach((name, alert) -> all.put(
                "alert " + name,
                List.of(COMPARISON
                        .matcher(alert.path("expr").asString().replace('\n', ' '))
                        .replaceAll(" $1 bool "))));
        return all;
    }

    private static Map<String, JsonNode> alerts() {
        var all = new TreeMap<String, JsonNode>();
        Kinds.documents(Manifests.read(MONITORING.resolve("prometheus/alerts.yml")))
                .forEach(file -> file.path("groups").forEach(group -> group.path("rules")
                        .forEach(rule -> all.put(rule.path("alert").asString(), rule))));
        return all;
    }

    @Test
    void everyAlert_hasASectionOfTheRunbook() {
        String runbook = Manifests.read(MONITORING.resolve("runbook.md"));
        var sections = Pattern.compile("(?m)^## (\\w+)$")
                .matcher(runbook)
                .results()
                .map(found -> found.group(1))
                .toList();
        Map<String, JsonNode> alerts = alerts();

        assertAll(
                () -> assertEquals(alerts.keySet(), new TreeSet<>(sections)),
                () -> assertFalse(alerts.isEmpty()),
                () -> alerts.forEach((name, alert) -> assertEquals(
                        "gitops/monitoring/runbook.md#" + name.toLowerCase(Locale.ROOT),
                        alert.path("annotations").path("runbook").asString())));
    }

    /// Every panel that the runbook names exists.
    @Test
    void runbook_namesPanelsThatAreThere() {
        String dashboard =
                Manifests.read(MONITORING.resolve("grafana/martlet.json")).toLowerCase(Locale.ROOT);
        List<String> unknown = Pattern.compile("(?<!\\*)\\*([A-Z][^*]+)\\*(?!\\*)")
                .matcher(Manifests.read(MONITORING.resolve("runbook.md")))
                .results()
                .map(MatchResult::group)
                .map(name -> name.replace("*", "").replaceAll("\\s+", " "))
                .filter(name -> !name.equals("Targets"))
                .filter(name -> !dashboard.contains(name.toLowerCase(Locale.ROOT)))
                .toList();

        assertEquals(List.of(), unknown);
    }

    /// Debian's Prometheus, with the alerts of `gitops/` and one target.
    private final class Prometheus implements AutoCloseable {

        private final Process process;
        private final Endpoint endpoint;

        Prometheus(int target) throws Exception {
            Path configuration = Files.writeString(folder.resolve("prometheus.yml"), """
                    global: {scrape_interval: 500ms, evaluation_interval: 500ms}
                    rule_files: [%s]
                    scrape_configs:
                      - job_name: martlet
                        static_configs: [{targets: ["127.0.0.1:%d"]}]
                    """.formatted(
                            MONITORING.resolve("prometheus/alerts.yml").toAbsolutePath(), target));
            int port;
            try (var free = new ServerSocket(0)) {
                port = free.getLocalPort();
            }
            Path log = folder.resolve("prometheus.log");
            process = new ProcessBuilder(
                            "prometheus",
                            "--config.file=" + configuration,
                            "--storage.tsdb.path=" + folder.resolve("tsdb"),
                            "--web.listen-address=127.0.0.1:" + port)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            endpoint = new Endpoint(port);
            try {
                eventually(PATIENCE, () -> assertTrue(answers(), () -> Manifests.read(log)));
            } catch (Exception | AssertionError e) {
                close();
                throw e;
            }
        }

        private boolean answers() throws Exception {
            try {
                return endpoint.status("/-/ready") == 200;
            } catch (java.net.ConnectException e) {
                return false;
            }
        }

        /// What an expression gives, now.
        List<JsonNode> ask(String expression) throws Exception {
            var answer = endpoint.get("/api/v1/query?query=" + URLEncoder.encode(expression, UTF_8));
            assertEquals(200, answer.statusCode(), () -> expression + ": " + answer.body());
            return StreamSupport.stream(
                            JSON.readTree(answer.body())
                                    .path("data")
                                    .path("result")
                                    .spliterator(),
                            false)
                    .filter(series -> !series.path("value").path(1).asString().equals("NaN"))
                    .toList();
        }

        /// The health of all rules.
        Set<String> health() throws Exception {
            return StreamSupport.stream(
                            JSON.readTree(endpoint.get("/api/v1/rules").body())
                                    .path("data")
                                    .path("groups")
                                    .spliterator(),
                            false)
                    .flatMap(group -> StreamSupport.stream(group.path("rules").spliterator(), false))
                    .map(rule -> rule.path("health").asString())
                    .collect(Collectors.toSet());
        }

        @Override
        public void close() {
            endpoint.close();
            process.destroy();
            process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
        }
    }
}
