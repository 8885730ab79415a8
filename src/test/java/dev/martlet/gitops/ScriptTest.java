package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The scripts' manners: what they say when something is missing or wrong.
class ScriptTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void bashIsThere() {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
    }

    @Test
    void scripts_areShellcheckClean() {
        assumeTrue(Tool.SHELLCHECK.present(), Tool.SHELLCHECK.absence());
        var gitops = Manifests.GITOPS;
        var scripts = Stream.of(
                "cluster",
                "drill",
                "fork",
                "seal",
                "tools",
                "validate",
                "lib/say.bash",
                "lib/argocd.bash",
                "lib/local.bash",
                "base/mongo/scripts/start",
                "base/mongo/scripts/ready",
                "components/backup/scripts/backup",
                "components/backup/scripts/restore");
        Tool.SHELLCHECK
                .run(Stream.concat(Stream.of("-x"), scripts.map(gitops::resolve))
                        .toArray())
                .ok();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sideways          | usage: gitops/cluster
            up --frobnicate   | unknown option: --frobnicate
            up --context      | --context needs a value
            """)
    void cluster_wrongUse_isExplained(String arguments, String said) {
        var result = cluster(System.getenv("PATH"), arguments.split(" "));
        assertEquals(2, result.status());
        assertTrue(result.output().contains(said), result::output);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            kubectl  | git openssl kubeseal minikube
            kubeseal | git openssl kubectl minikube
            minikube | git openssl kubectl kubeseal
            """)
    void cluster_missingTool_namesItAndTheCure(String missing, String present) throws IOException {
        var result = cluster(pathWith(present.split(" ")), "up", "--local");
        assertAll(
                () -> assertEquals(1, result.status()),
                () -> assertTrue(
                        result.output().contains("'" + missing + "' is not on the PATH.\n  Install it"),
                        result::output));
    }

    @Test
    void cluster_existingClusterInLocalMode_asksHowAnImageGetsThere() throws IOException {
        var result =
                cluster(pathWith("git", "openssl", "kubectl", "kubeseal"), "up", "--local", "--context", "kind-test");
        assertTrue(result.output().contains("--context in local mode needs --image-command."), result::output);
    }

    /// An existing cluster may hold other people's work.
    @Test
    void cluster_downOfAnExistingCluster_wantsAYes() throws IOException {
        var result = cluster(pathWith("kubectl"), "down", "--context", "kind-test");
        assertAll(
                () -> assertEquals(1, result.status()),
                () -> assertTrue(result.output().contains("Say --yes"), result::output));
    }

    @ParameterizedTest
    @CsvSource({
        "https://github.com/Jane/Martlet, https://github.com/Jane/Martlet.git, ghcr.io/jane/martlet",
        "git@github.com:Jane/martlet.git, https://github.com/Jane/martlet.git, ghcr.io/jane/martlet",
        "ssh://git@github.com/jane/m/, https://github.com/jane/m.git, ghcr.io/jane/m",
    })
    void fork_setsRepositoryAndImage(String remote, String url, String image) throws IOException {
        for (var file : List.of("fork", "argocd/fork/repository.yaml", "image/kustomization.yaml")) {
            var copy = folder.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Manifests.GITOPS.resolve(file), copy);
        }
        Tool.BASH.run(folder.resolve("fork"), remote).ok();
        assertAll(
                () -> assertTrue(Manifests.read(folder.resolve("argocd/fork/repository.yaml"))
                        .contains("  url: " + url + "\n")),
                () -> assertTrue(Manifests.read(folder.resolve("image/kustomization.yaml"))
                        .contains("    newName: " + image + "\n")));
    }

    @Test
    void fork_ofNoUrl_isRefused() {
        var result = Tool.BASH.run(Manifests.GITOPS.resolve("fork"), "somewhere");
        assertAll(
                () -> assertEquals(1, result.status()),
                () -> assertTrue(result.output().contains("is no URL of the form"), result::output));
    }

    private static Tool.Result cluster(String path, String... arguments) {
        var command = Stream.concat(Stream.of(Manifests.GITOPS.resolve("cluster")), Stream.of(arguments));
        return Tool.BASH.run(Map.of("PATH", path), command.toArray());
    }

    /// A PATH with the usual small programs, and stand-ins that do nothing for the named ones.
    private String pathWith(String... programs) throws IOException {
        for (var program : List.of("bash", "env", "dirname", "mktemp", "rm", "sed", "cat", "cut", "base64")) {
            program(program, "exec /usr/bin/%s \"$@\"".formatted(program));
        }
        for (var program : programs) {
            program(program, "");
        }
        return folder.toString();
    }

    private void program(String name, String body) throws IOException {
        assertTrue(Files.writeString(folder.resolve(name), "#!/bin/sh\n" + body + "\n")
                .toFile()
                .setExecutable(true));
    }
}
