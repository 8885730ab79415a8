package dev.martlet;

import dev.martlet.http.RequestId;
import dev.martlet.local.EmbeddedDatabase;
import dev.martlet.ops.Logs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The training run of the image's AOT cache. It starts a service, and clients that use its routes until the JIT
/// compiler has seen enough. The JVM writes the cache when it ends:
///
/// ```
/// java @src/main/jvm/options -XX:AOTCacheOutput=martlet.aot -cp target/martlet.jar dev.martlet.Training PT30S
/// ```
///
/// The clients and the database run in a process of their own. So the cache holds only what the service does in a
/// pod, and so do the JIT compiler's profiles. A wrong answer fails the run, and with it the build.
final class Training {

    private static final int CLIENTS = 16;
    /// The rare requests come once in a round, the frequent ones this many times.
    private static final int FREQUENT = 16;
    private static final String CLIENTS_MODE = "clients";
    private static final String JSON = "application/json";
    private static final String NDJSON = "application/x-ndjson";
    private static final String DOCUMENT = """
            {"name":"Ada Lovelace","born":1815,"height":1.65,"exact":0.1000000000000000055511151231257827,"alive":false,
             "tags":["mathematics","poetry"],"address":{"city":"London","zip":null,"note":"caf\\u00e9, \\"Zoë\\""}}
            """;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String service;

    private Training(int port) {
        service = "http://localhost:" + port;
    }

    /// @param args how long to train, such as `PT30S`
    static void main(String[] args) {
        Logs.useManager();
        Logs.configure(false, RequestId::all);
        try {
            if (args[0].equals(CLIENTS_MODE)) {
                clients(Duration.parse(args[1]));
            } else {
                run(Duration.parse(args[0]));
            }
            System.exit(0);
        } catch (Exception e) {
            System.getLogger(Training.class.getName()).log(Level.ERROR, "The training run failed", e);
            System.exit(1);
        }
    }

    /// Starts the service, uses every route at least once and as often as the time allows, and stops the service.
    static void run(Duration time) throws IOException, InterruptedException {
        var others = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Training.class.getName(),
                        CLIENTS_MODE,
                        time.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = others.inputReader();
                var in = others.outputWriter()) {
            String uri = Objects.requireNonNull(
                    out.lines()
                            .filter(line -> line.startsWith("mongodb://"))
                            .findFirst()
                            .orElse(null),
                    "no database");
            try (var app = App.start(Settings.from(Map.of("PORT", "0", "MONGODB_URI", uri)))) {
                in.write(app.port() + "\n");
                in.flush();
                if (others.waitFor() != 0) {
                    throw new IllegalStateException("the clients failed");
                }
            }
        } finally {
            others.destroy();
        }
    }

    /// The other process. It prints the address of its database, reads the address of the service, and sends
    /// requests.
    private static void clients(Duration time) throws IOException, ExecutionException, InterruptedException {
        var data = Files.createTempDirectory("martlet");
        try (var database = EmbeddedDatabase.open(data);
                var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            System.out.println(database.uri());
            var training = new Training(Integer.parseInt(in.readLine()));
            training.look();
            var end = Instant.now().plus(time);
            var clients = IntStream.range(0, CLIENTS)
                    .mapToObj(i -> threads.submit(() -> training.rounds(end)))
                    .toList();
            for (var one : clients) {
                one.get();
            }
        }
    }

    private void look() throws IOException, InterruptedException {
        while (client.send(get("/health/ready").build(), BodyHandlers.discarding())
                        .statusCode()
                != 200) {
            Thread.sleep(10);
        }
        for (var path :
                new String[] {"/", "/health", "/health/live", "/health/ready", "/health/started", "/metrics", "/openapi"
                }) {
            expect(200, get(path));
        }
    }

    private @Nullable Void rounds(Instant end) throws IOException, InterruptedException {
        do {
            round();
        } while (Instant.now().isBefore(end));
        return null;
    }

    private void round() throws IOException, InterruptedException {
        String path = "";
        for (int i = 0; i < FREQUENT; i++) {
            path = expect(201, post(JSON, DOCUMENT));
            expect(200, get(path));
        }
        expect(
                201,
                post(JSON, DOCUMENT).header("Idempotency-Key", UUID.randomUUID().toString()));
        expect(201, post(JSON, "[" + DOCUMENT + "," + DOCUMENT + "]"));
        expect(201, post(NDJSON, "{\"line\":1}\n{\"line\":2}\nnot JSON\n"));
        expect(400, post(JSON, "{\"open\":"));
        expect(404, get("/data/none"));
        expect(200, get("/data?limit=20"));
        expect(200, get("/data?limit=20&sort=-born&fields=name,born").header("Accept-Encoding", "gzip"));
        expect(
                200,
                get("/data?limit=20&filter=%7B%22born%22%3A%7B%22%24gt%22%3A1800%7D%7D")
                        .header("Accept", NDJSON));
        expect(200, request(path).header("Content-Type", JSON).PUT(BodyPublishers.ofString(DOCUMENT)));
        expect(
                200,
                request(path)
                        .header("Content-Type", "application/merge-patch+json")
                        .method("PATCH", BodyPublishers.ofString("{\"alive\":null,\"died\":1852}")));
        expect(204, request(path).DELETE());
        expect(200, get("/health/ready"));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(service + path));
    }

    private HttpRequest.Builder get(String path) {
        return request(path).GET();
    }

    private HttpRequest.Builder post(String type, String body) {
        return request("/data").header("Content-Type", type).POST(BodyPublishers.ofString(body));
    }

    /// Sends the request.
    ///
    /// @return the `Location` of the answer, if any
    private String expect(int status, HttpRequest.Builder builder) throws IOException, InterruptedException {
        var request = builder.build();
        var response = client.send(request, BodyHandlers.ofString());
        if (response.statusCode() != status) {
            throw new IllegalStateException(
                    request + " was answered with " + response + ", not " + status + ": " + response.body());
        }
        return response.headers().firstValue("Location").orElse("");
    }
}
