package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A program that the tests use where it's on the PATH. Nothing here is needed to build Martlet.
enum Tool {
    KUSTOMIZE("kustomize build|kubectl kustomize"),
    KUBESEAL("kubeseal"),
    OPENSSL("openssl"),
    BASH("bash"),
    GIT("git"),
    NODE("node"),
    SHELLCHECK("shellcheck"),
    PROMETHEUS("prometheus");

    /// The commands to try, in this order.
    private final String commands;

    Tool(String commands) {
        this.commands = commands;
    }

    record Result(int status, String output, String command) {
        String ok() {
            assertEquals(0, status, () -> command + "\n" + output);
            return output;
        }
    }

    boolean present() {
        return command() != null;
    }

    String absence() {
        return commands.split("[ |]", 2)[0] + " is not on the PATH: this check runs in CI only";
    }

    Result run(Object... arguments) {
        return run(Map.of(), arguments);
    }

    /// Runs the tool in the project's folder and waits for its end, for two minutes at most.
    Result run(Map<String, String> environment, Object... arguments) {
        var command = new ArrayList<>(java.util.Objects.requireNonNull(command(), absence()));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        try {
            var log = Files.createTempFile("martlet-", ".log");
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            var process = builder.start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError("still running after two minutes: " + command);
            }
            var output = Files.readString(log);
            Files.delete(log);
            return new Result(process.exitValue(), output, String.join(" ", command));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private @Nullable List<String> command() {
        return Arrays.stream(commands.split("\\|"))
                .map(command -> List.of(command.split(" ")))
                .filter(command -> onPath(command.getFirst()))
                .findFirst()
                .orElse(null);
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
