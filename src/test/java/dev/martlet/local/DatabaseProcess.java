package dev.martlet.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The embedded database alone, in a process of its own that can be killed.
///
/// ```java
/// try (var process = DatabaseProcess.start(folder, 0)) {
///     var client = MongoClients.create(process.uri());
///     process.kill();
/// }
/// ```
///
/// By hand: `java -cp … dev.martlet.local.DatabaseProcess FOLDER PORT`; it prints its URI and ends on SIGTERM.
public final class DatabaseProcess implements AutoCloseable {

    private static final String PARENT = "martlet.test.parent";

    private final Process process;
    private final String uri;

    private DatabaseProcess(Process process, String uri) {
        this.process = process;
        this.uri = uri;
    }

    /// Starts the process and returns when it can be connected to. It never outlives the caller's process.
    ///
    /// @param port 0 takes a free one
    /// @param jvmArguments for example `-Xmx64m`
    /// @throws IOException if it ends instead; the message is what it wrote
    public static DatabaseProcess start(Path folder, int port, String... jvmArguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-D" + PARENT + "=" + ProcessHandle.current().pid(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        command.addAll(List.of(jvmArguments));
        command.addAll(List.of(DatabaseProcess.class.getName(), folder.toString(), Integer.toString(port)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        if (line == null || !line.startsWith("mongodb://")) {
            process.destroyForcibly();
            throw new IOException(line == null ? "the database process ended at once" : line);
        }
        return new DatabaseProcess(process, line);
    }

    public String uri() {
        return uri;
    }

    public long pid() {
        return process.pid();
    }

    /// SIGKILL: the process gets no chance to write anything more.
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /// SIGTERM, and the exit status. After ten seconds SIGKILL.
    public int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            kill();
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] args) throws InterruptedException {
        if (System.getProperty(PARENT) != null) {
            Thread.ofPlatform().daemon().start(DatabaseProcess::endWithParent);
        }
        try {
            EmbeddedDatabase database =
                    EmbeddedDatabase.open(Path.of(args[0]), Integer.parseInt(args[1]), Duration.ofSeconds(15));
            Runtime.getRuntime().addShutdownHook(new Thread(database::close));
            System.out.println(database.uri());
        } catch (IOException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
        Thread.currentThread().join();
    }

    private static void endWithParent() {
        ProcessHandle.of(Long.getLong(PARENT))
                .ifPresent(parent -> parent.onExit().join());
        Runtime.getRuntime().halt(1);
    }
}
