package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The service in a process of its own. Its environment has only its settings, as in a pod.
///
/// ```java
/// try (var service = ServiceProcess.start(Map.of("REQUEST_TIMEOUT", "PT2S", "DATA_DIR", folder.toString()))) {
///     service.get("/health/ready");
///     service.stop();
/// }
/// ```
public final class ServiceProcess extends Endpoint {

    /// The heap of a small pod, which shows a leak soonest.
    private static final String[] SMALL_POD = {
        "-Xmx160m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-XX:TieredStopAtLevel=1"
    };
    private static final Pattern LISTENS = Pattern.compile("Martlet listens on http://localhost:(\\d+)");
    private static final int PATIENCE_SECONDS = 60;

    private final Process process;
    private final Log log;

    private ServiceProcess(Process process, Log log, int port) {
        super(port);
        this.process = process;
        this.log = log;
    }

    /// Starts it and returns when it listens; on a free port, unless `PORT` is among the settings.
    public static ServiceProcess start(Map<String, String> settings) throws Exception {
        return start(settings, SMALL_POD);
    }

    /// @param jvmArguments instead of those that make it small
    public static ServiceProcess start(Map<String, String> settings, String... jvmArguments) throws Exception {
        return started(launch(settings, command(jvmArguments)));
    }

    /// Starts it in a pod, with the flags that it has there.
    public static ServiceProcess start(Pod pod, Map<String, String> settings) throws Exception {
        return started(launch(settings, pod.command(command("@" + Path.of("src/main/jvm/options")))));
    }

    private static ServiceProcess started(Process process) throws Exception {
        var log = new Log(process);
        try {
            return new ServiceProcess(process, log, log.port.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (Exception e) {
            process.destroyForcibly();
            throw new IOException("The service did not start:\n" + log.text(), e);
        }
    }

    /// @param output everything that it wrote
    public record Ended(int status, String output) {}

    /// A start that fails.
    public static Ended runToEnd(Map<String, String> settings) throws Exception {
        Process process = launch(settings, command(SMALL_POD));
        try {
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "The service does not end");
            return new Ended(
                    process.exitValue(),
                    process.inputReader(StandardCharsets.UTF_8).readAllAsString());
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> command(String... jvmArguments) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(jvmArguments));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        return command;
    }

    private static Process launch(Map<String, String> settings, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PORT", "0");
        // Raw clients say "Host: test".
        builder.environment().put("HOST", "127.0.0.1");
        builder.environment().putAll(settings);
        return builder.start();
    }

    /// Its output so far.
    private static final class Log {

        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Integer> port = new CompletableFuture<>();
        private final Thread reader;

        Log(Process process) {
            reader = Thread.startVirtualThread(() -> read(process));
        }

        private void read(Process process) {
            try (var output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line; (line = output.readLine()) != null; ) {
                    lines.add(line);
                    var listens = LISTENS.matcher(line);
                    if (listens.find()) {
                        port.complete(Integer.valueOf(listens.group(1)));
                    }
                }
                port.completeExceptionally(new IOException("ended"));
            } catch (IOException e) {
                port.completeExceptionally(e);
            }
        }

        String text() {
            return String.join("\n", lines);
        }
    }

    public List<String> log() {
        return List.copyOf(log.lines);
    }

    public String logText() {
        return log.text();
    }

    /// Lines that only a stack trace has.
    public List<String> stackTraces() {
        return log.lines.stream()
                .filter(line -> line.startsWith("\tat ") || line.contains("Exception"))
                .toList();
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /// The number of connections that it holds open for clients.
    public int connections() throws IOException {
        String local = String.format(Locale.ROOT, ":%04X ", port());
        int count = 0;
        for (String family : List.of("tcp", "tcp6")) {
            // Established, or closed by the client alone.
            count += (int) Files.readAllLines(Path.of("/proc/net", family)).stream()
                    .map(line -> line.strip().split("\\s+", 5))
                    .filter(fields -> (fields[1] + " ").endsWith(local)
                            && List.of("01", "08").contains(fields[3]))
                    .count();
        }
        return count;
    }

    /// The number of open files and sockets.
    public int descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return (int) files.count();
        }
    }

    /// Makes the JVM give back unused memory, so that [#residentMiB] can distinguish a leak from a heap in use.
    public void collectGarbage() throws IOException, InterruptedException {
        // SerialGC gives its heap back in four steps (ShrinkHeapInSteps).
        for (int step = 0; step < 4; step++) {
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(process.pid()),
                            "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (jcmd.waitFor() != 0) {
                throw new IOException("jcmd failed");
            }
        }
    }

    /// Resident memory.
    public int residentMiB() throws IOException {
        String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
        var kib = Pattern.compile("VmRSS:\\s+(\\d+)").matcher(status);
        if (!kib.find()) {
            throw new IOException("no VmRSS:\n" + this);
        }
        return Integer.parseInt(kib.group(1)) / 1024;
    }

    /// SIGTERM, and the exit status.
    public int stop() throws InterruptedException {
        terminate();
        return exitStatus();
    }

    /// SIGTERM. Not [Process#destroy()], which closes the pipe: the last lines of the log would be lost.
    public void terminate() {
        process.toHandle().destroy();
    }

    /// Waits until it has ended and its log is complete.
    public int exitStatus() throws InterruptedException {
        assertTrue(
                process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> "The service does not end:\n" + logText());
        log.reader.join();
        return process.exitValue();
    }

    @Override
    public String toString() {
        return super.toString() + "\n" + logText();
    }

    /// SIGKILL.
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        super.close();
    }
}
