package dev.martlet.faults;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The service in a process of its own, as it runs in a pod.
///
/// ```java
/// try (var service = ServiceProcess.start(Map.of("REQUEST_TIMEOUT", "PT2S", "DATA_DIR", folder.toString()))) {
///     service.get("/health/ready");
///     service.stop();
/// }
/// ```
final class ServiceProcess implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);
    private static final String LISTENS = "Martlet listens on http://localhost:";

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Process process;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();

    private ServiceProcess(Process process) {
        this.process = process;
        Thread.startVirtualThread(this::readLog);
    }

    /// Starts it and returns when it listens; on a free port, unless `PORT` is among the settings.
    static ServiceProcess start(Map<String, String> settings) throws Exception {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // What a small pod has, and what shows a leak soonest.
                "-Xmx160m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), "dev.martlet.Main");
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PORT", "0");
        builder.environment().putAll(settings);
        var service = new ServiceProcess(builder.start());
        try {
            service.port.get(START.toSeconds(), TimeUnit.SECONDS);
            return service;
        } catch (Exception e) {
            service.close();
            throw new IOException("The service did not start:\n" + service.logText(), e);
        }
    }

    private void readLog() {
        try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line; (line = lines.readLine()) != null; ) {
                log.add(line);
                int at = line.indexOf(LISTENS);
                if (at >= 0) {
                    port.complete(Integer.valueOf(line.substring(at + LISTENS.length())));
                }
            }
            port.completeExceptionally(new IOException("ended"));
        } catch (IOException e) {
            port.completeExceptionally(e);
        }
    }

    int port() {
        return port.join();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    HttpResponse<String> post(String json) throws Exception {
        return send(HttpRequest.newBuilder(uri("/data"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
    }

    int status(String path) throws Exception {
        return get(path).statusCode();
    }

    /// Waits until a path answers with a status.
    ///
    /// @return how long it took
    Duration await(String path, int status, Duration most) throws Exception {
        long started = System.nanoTime();
        while (System.nanoTime() - started < most.toNanos()) {
            if (status(path) == status) {
                return Duration.ofNanos(System.nanoTime() - started);
            }
            Thread.sleep(20);
        }
        throw new AssertionError(path + " does not answer " + status + " within " + most + ":\n" + logText());
    }

    /// The value of a meter, whatever its tags; 0 if there is none.
    double meter(String name) throws Exception {
        var line = Pattern.compile("^" + name + "(\\{[^}]*})? (\\S+)$", Pattern.MULTILINE).matcher(get("/metrics").body());
        double sum = 0;
        while (line.find()) {
            sum += Double.parseDouble(line.group(2));
        }
        return sum;
    }

    List<String> log() {
        return new ArrayList<>(log);
    }

    String logText() {
        return String.join("\n", log);
    }

    /// Lines that only a stack trace has.
    List<String> stackTraces() {
        return log.stream().filter(line -> line.startsWith("\tat ") || line.contains("Exception")).toList();
    }

    boolean alive() {
        return process.isAlive();
    }

    /// Connections of clients that it holds open.
    int connections() throws IOException {
        String local = String.format(Locale.ROOT, ":%04X ", port());
        int count = 0;
        for (String family : List.of("tcp", "tcp6")) {
            // Established, or closed by the client alone.
            count += (int) Files.readAllLines(Path.of("/proc/net", family)).stream()
                    .map(line -> line.strip().split("\\s+", 5))
                    .filter(fields -> (fields[1] + " ").endsWith(local) && List.of("01", "08").contains(fields[3]))
                    .count();
        }
        return count;
    }

    /// Open files and sockets.
    int descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return (int) files.count();
        }
    }

    /// Resident memory.
    int residentMiB() throws IOException {
        String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
        var kib = Pattern.compile("VmRSS:\\s+(\\d+)").matcher(status);
        return kib.find() ? Integer.parseInt(kib.group(1)) / 1024 : 0;
    }

    /// SIGTERM, and the exit status.
    int stop() throws InterruptedException {
        terminate();
        return exitStatus();
    }

    void terminate() {
        process.destroy();
    }

    int exitStatus() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("The service does not end:\n" + logText());
        }
        return process.exitValue();
    }

    /// SIGKILL.
    @Override
    public void close() {
        process.destroyForcibly();
        http.close();
    }
}
