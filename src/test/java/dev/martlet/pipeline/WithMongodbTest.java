package dev.martlet.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `.github/scripts/with-mongodb`, with a stand-in for Docker that writes down how it was called.
class WithMongodbTest {

    private static final String SCRIPT = ".github/scripts/with-mongodb";

    @TempDir
    Path directory;

    private Shell shell;

    @BeforeEach
    void tools() throws IOException {
        assumeTrue(Shell.has("bash"), "needs bash on the PATH");
        Files.createDirectory(directory.resolve("bin"));
        shell = Shell.in(Shell.PROJECT)
                .with("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"))
                .with("CALLS", directory.resolve("calls").toString())
                .with("PAUSE", "0");
    }

    /// @param exec what `docker exec` does
    private void docker(String exec) throws IOException {
        Path docker = directory.resolve("bin/docker");
        Files.writeString(docker, """
                #!/usr/bin/env bash
                echo "$1 ${*: -1}" | head -1 >> "$CALLS"
                case $1 in
                  run) echo container ;;
                  exec) %s ;;
                  logs) echo 'no space left on device' ;;
                esac
                """.formatted(exec));
        assertTrue(docker.toFile().setExecutable(true));
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(directory.resolve("calls"));
    }

    @Test
    void command_runsWhenThereIsAPrimary_andItsStatusCounts() throws IOException {
        docker("[[ $(grep -c ^exec \"$CALLS\") == 3 ]]");

        var result = shell.run(SCRIPT, "bash", "-c", "echo on $MARTLET_TEST_MONGODB_URI; exit 7");

        assertEquals(7, result.status());
        assertEquals("on mongodb://127.0.0.1:27017/?replicaSet=rs0\n", result.output());
        assertEquals(List.of("run --bind_ip_all", "exec ", "exec ", "exec ", "rm container"), calls());
    }

    @Test
    void databaseThatDoesNotStart_isTold_andRemoved() throws IOException {
        docker("echo 'connect ECONNREFUSED'; exit 1");

        var result = shell.run(SCRIPT, "echo", "not reached");

        assertEquals(1, result.status());
        assertEquals(
                "no space left on device\n" + SCRIPT + ": no primary after 60 tries: connect ECONNREFUSED\n",
                result.output());
        assertEquals("rm container", calls().getLast());
    }

    @Test
    void image_isTheOneThatIsDeployed() throws IOException {
        docker("true");
        Files.writeString(
                directory.resolve("bin/docker"),
                "#!/usr/bin/env bash\n[[ $1 != run ]] || { echo \"$*\" > \"$CALLS\"; echo container; }\n");

        shell.ok(SCRIPT, "true");

        String image = Files.readAllLines(Shell.PROJECT.resolve("gitops/base/mongo/statefulset.yaml")).stream()
                .filter(line -> line.strip().startsWith("image: mongo:8.0@sha256:"))
                .map(line -> line.strip().substring("image: ".length()))
                .findFirst()
                .orElseThrow();
        assertEquals(
                List.of("run --detach --env GLIBC_TUNABLES=glibc.pthread.rseq=1 --publish 127.0.0.1:27017:27017 "
                        + image + " --replSet rs0 --bind_ip_all"),
                calls());
    }
}
