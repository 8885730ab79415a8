package dev.martlet.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Commands run in one directory, under a git configuration of their own.
record Shell(Path directory, Map<String, String> environment) {

    static final Path PROJECT = Path.of("").toAbsolutePath();

    record Result(int status, String output) {}

    /// A command under way. Its output goes to a file, because a full pipe would stop it.
    record Running(Process process, Path log) {
        Result end() throws IOException, InterruptedException {
            assertTrue(process.waitFor(2, TimeUnit.MINUTES), () -> "still running: " + process.info());
            return new Result(process.exitValue(), Files.readString(log));
        }
    }

    static Shell in(Path directory) {
        return new Shell(
                directory,
                Map.of(
                        "GIT_CONFIG_GLOBAL",
                        "/dev/null",
                        "GIT_CONFIG_NOSYSTEM",
                        "1",
                        "GIT_AUTHOR_NAME",
                        "Test",
                        "GIT_AUTHOR_EMAIL",
                        "test@martlet.dev",
                        "GIT_COMMITTER_NAME",
                        "Test",
                        "GIT_COMMITTER_EMAIL",
                        "test@martlet.dev"));
    }

    Shell with(String name, String value) {
        var more = new HashMap<>(environment);
        more.put(name, value);
        return new Shell(directory, Map.copyOf(more));
    }

    static boolean has(String command) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, command)));
    }

    /// Runs the command to its end and demands success. Returns its output without the last line break.
    String ok(String... command) {
        var result = run(command);
        assertEquals(0, result.status(), () -> String.join(" ", command) + "\n" + result.output());
        return result.output().stripTrailing();
    }

    Result run(String... command) {
        try {
            return start(command).end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    Running start(String... command) {
        try {
            var log = Files.createTempFile("martlet-", ".log");
            var builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            return new Running(builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
