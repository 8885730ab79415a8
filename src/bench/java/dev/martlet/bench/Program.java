package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A process that the benchmark starts, and what the kernel knows about it.
final class Program implements AutoCloseable {

    private static final double TICKS_PER_SECOND = 100;

    private final Process process;
    private final Path log;

    private Program(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /// @param pod what confines it, or null
    static Program start(String name, List<String> command, Map<String, String> environment, @Nullable Pod pod)
            throws IOException {
        Path log = Files.createDirectories(Path.of("target", "bench")).resolve(name + ".log");
        var builder = new ProcessBuilder(pod == null ? command : pod.command(command))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().putAll(environment);
        return new Program(builder.start(), log);
    }

    /// Whether a command ends with exit status 0.
    static boolean succeeds(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /// Waits for a line of its output.
    ///
    /// @return the first group of the pattern
    String await(Pattern line) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            var found = line.matcher(Files.readString(log));
            if (found.find()) {
                return found.group(1);
            }
            Thread.sleep(20);
        }
        throw new IOException("no `" + line + "` in " + log + ":\n" + Files.readString(log));
    }

    boolean alive() {
        return process.isAlive();
    }

    Path log() {
        return log;
    }

    /// The resident memory of the process and its descendants.
    double residentMebibytes() throws IOException {
        return memory("VmRSS:");
    }

    /// The most resident memory that they ever had.
    double peakMebibytes() throws IOException {
        return memory("VmHWM:");
    }

    private double memory(String key) throws IOException {
        long kibibytes = 0;
        for (long pid : family()) {
            kibibytes += Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith(key))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        }
        return kibibytes / 1024.0;
    }

    /// The processor time of the process and its descendants so far.
    double cpuSeconds() throws IOException {
        long ticks = 0;
        for (long pid : family()) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return ticks / TICKS_PER_SECOND;
    }

    private List<Long> family() {
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(process.pid()),
                        process.descendants().map(ProcessHandle::pid))
                .toList();
    }

    /// Asks the process to end, and kills it after ten seconds.
    @Override
    public void close() {
        List<ProcessHandle> family = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        family.forEach(ProcessHandle::destroyForcibly);
    }
}
