package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Flask, pymongo and gunicorn, in the benchmark's own virtual environment.
final class Flask {

    private static final Path SOURCE = Path.of("src/bench/python");
    private static final Path ENVIRONMENT = Path.of("target/bench/python");

    private Flask() {}

    /// Installs what it needs.
    ///
    /// @return false if there is no Python, or if the installation fails
    static boolean install() throws InterruptedException {
        if (Files.exists(ENVIRONMENT.resolve("bin/gunicorn"))) {
            return true;
        }
        return Program.succeeds("python3", "-m", "venv", ENVIRONMENT.toString())
                && Program.succeeds(
                        ENVIRONMENT.resolve("bin/pip").toString(),
                        "install",
                        "--quiet",
                        "-r",
                        SOURCE.resolve("requirements.txt").toString());
    }

    /// Threaded workers keep connections open and answer several at once. gunicorn's plain workers do neither, and are
    /// slower.
    static Contender start(String uri, int workers, @Nullable Pod pod) throws IOException {
        int port = Program.freePort();
        var command = List.of(
                ENVIRONMENT.resolve("bin/gunicorn").toAbsolutePath().toString(),
                "--chdir",
                SOURCE.toString(),
                "--bind",
                "127.0.0.1:" + port,
                "--workers",
                Integer.toString(workers),
                "--worker-class",
                "gthread",
                "--threads",
                "16",
                "predecessor:app");
        return new Contender("Flask", Program.start("flask", command, Map.of("MONGODB_URI", uri), pod), port, "/");
    }
}
