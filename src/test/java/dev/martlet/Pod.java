package dev.martlet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The limits of a pod, 0.5 CPU and 500 MiB, as a control group of this machine.
///
/// A process puts itself into the group before it becomes the program. So even its first instruction is confined.
public final class Pod implements AutoCloseable {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");
    private static final long MEMORY_BYTES = 500L << 20;
    private static final int PERIOD_MICROS = 100_000;

    private final List<Path> groups;
    private final boolean unified;

    private Pod(List<Path> groups, boolean unified) {
        this.groups = groups;
        this.unified = unified;
    }

    /// A new pod. Empty if this machine lets nobody make control groups.
    public static Optional<Pod> create() {
        String name = "martlet-pod-" + System.nanoTime();
        try {
            return Optional.of(Files.exists(ROOT.resolve("cgroup.controllers")) ? version2(name) : version1(name));
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static Pod version2(String name) throws IOException {
        Files.writeString(ROOT.resolve("cgroup.subtree_control"), "+cpu +memory");
        Path group = Files.createDirectory(ROOT.resolve(name));
        Files.writeString(group.resolve("cpu.max"), PERIOD_MICROS / 2 + " " + PERIOD_MICROS);
        Files.writeString(group.resolve("memory.max"), Long.toString(MEMORY_BYTES));
        return new Pod(List.of(group), true);
    }

    private static Pod version1(String name) throws IOException {
        Path cpu = Files.createDirectory(ROOT.resolve("cpu").resolve(name));
        Files.writeString(cpu.resolve("cpu.cfs_period_us"), Integer.toString(PERIOD_MICROS));
        Files.writeString(cpu.resolve("cpu.cfs_quota_us"), Integer.toString(PERIOD_MICROS / 2));
        Path memory = Files.createDirectory(ROOT.resolve("memory").resolve(name));
        Files.writeString(memory.resolve("memory.limit_in_bytes"), Long.toString(MEMORY_BYTES));
        return new Pod(List.of(cpu, memory), false);
    }

    /// The command that runs another command in this pod.
    public List<String> command(List<String> command) {
        var script = new StringBuilder();
        groups.forEach(group -> script.append("echo $$ > ")
                .append(group.resolve("cgroup.procs"))
                .append("; "));
        var confined = new ArrayList<>(List.of("sh", "-c", script + "exec \"$@\"", "sh"));
        confined.addAll(command);
        return confined;
    }

    /// The number of processes that the kernel killed here because they took too much memory.
    public long killed() {
        Path events = groups.getLast().resolve(unified ? "memory.events" : "memory.oom_control");
        return lines(events).stream()
                .filter(line -> line.startsWith("oom_kill "))
                .mapToLong(line ->
                        Long.parseLong(line.substring("oom_kill ".length()).strip()))
                .sum();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        for (Path group : groups) {
            try {
                Files.deleteIfExists(group);
            } catch (IOException e) {
                System.err.println("The control group " + group + " stays behind: " + e.getMessage());
            }
        }
    }
}
