package dev.martlet.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `.github/scripts/run-image`, and with it `.github/scripts/smoke`, on the real service. A stand-in for Docker starts
/// it as a process of this machine.
class RunImageTest {

    private static final String DOCKER = """
            #!/usr/bin/env bash
            set -euo pipefail
            cd "$WORK"
            case $1 in
              run)
                echo "$*" > run
                { PORT=0 DATA_DIR=data "$JAVA" -cp "$CLASSES" dev.martlet.Main > log 2>&1 & echo $! > pid; wait $! && echo 0 > status || echo $? > status; } > /dev/null 2>&1 &
                echo container ;;
              port)
                for try in {1..300}; do
                  port=$(sed -nE 's/.*listens on http:.*:([0-9]+)$/\\1/p' log 2>/dev/null || true)
                  [[ -n $port ]] && break
                  sleep 0.1
                done
                echo "127.0.0.1:$port" ;;
              stop)
                kill -TERM "$(cat pid)"
                for try in {1..300}; do [[ -s status ]] && break; sleep 0.1; done ;;
              inspect) cat status ;;
              logs) cat log ;;
              rm) kill -KILL "$(cat pid)" || true ;;
            esac
            """;

    @TempDir
    Path directory;

    private Shell shell;

    @BeforeEach
    void tools() throws IOException {
        assumeTrue(Shell.has("bash") && Shell.has("curl"), "needs bash and curl on the PATH");
        Files.createDirectory(directory.resolve("bin"));
        shell = Shell.in(Shell.PROJECT)
                .with("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"))
                .with("WORK", directory.toString())
                .with(
                        "JAVA",
                        Path.of(System.getProperty("java.home"), "bin/java").toString())
                .with("CLASSES", System.getProperty("java.class.path"));
    }

    @Test
    void image_thatServesAndEndsBySigterm_isGood() throws IOException {
        assertTrue(Files.writeString(directory.resolve("bin/docker"), DOCKER)
                .toFile()
                .setExecutable(true));

        var result = shell.run(".github/scripts/run-image", "martlet:test");
        assertEquals(0, result.status(), result.output());
        assertTrue(result.output().contains("stored, read back and deleted"), result.output());
        assertEquals(
                "run --detach --cpus 0.5 --memory 500m --read-only --tmpfs /tmp --cap-drop ALL "
                        + "--security-opt no-new-privileges --publish 127.0.0.1::8080 martlet:test\n",
                Files.readString(directory.resolve("run")));
    }
}
