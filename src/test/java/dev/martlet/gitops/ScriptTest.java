package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the scripts say when something is missing or wrong.
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
        var scripts = bashScripts();
        Tool.SHELLCHECK.run(Stream.concat(Stream.of("-x"), scripts).toArray()).ok();
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
                () -> assertTrue(result.output().contains("Add --yes"), result::output));
    }

    @ParameterizedTest
    @CsvSource({
        "https://github.com/Jane/Martlet, https://github.com/Jane/Martlet.git, ghcr.io/jane/martlet",
        "git@github.com:Jane/martlet.git, https://github.com/Jane/martlet.git, ghcr.io/jane/martlet",
        "ssh://git@github.com/jane/m/, https://github.com/jane/m.git, ghcr.io/jane/m",
    })
    void fork_setsRepositoryAndImage(String remote, String url, String image) throws IOException {
        for (var file : List.of(
                "fork",
                "argocd/fork/repository.yaml",
                "image/kustomization.yaml",
                "image/staging/kustomization.yaml",
                "components/image-policy/martlet.yaml")) {
            var copy = folder.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Manifests.GITOPS.resolve(file), copy);
        }
        Tool.BASH.run(folder.resolve("fork"), remote).ok();
        assertAll(
                () -> assertTrue(Manifests.read(folder.resolve("argocd/fork/repository.yaml"))
                        .contains("  url: " + url + "\n")),
                () -> assertTrue(Manifests.read(folder.resolve("image/kustomization.yaml"))
                        .contains("    newName: " + image + "\n")),
                () -> assertTrue(Manifests.read(folder.resolve("image/staging/kustomization.yaml"))
                        .contains("    newName: " + image + "\n")),
                () -> assertTrue(Manifests.read(folder.resolve("components/image-policy/martlet.yaml"))
                        .contains("    - glob: " + image + "**\n")),
                // As the certificate names it, in the owner's own case.
                () -> assertTrue(Manifests.read(folder.resolve("components/image-policy/martlet.yaml"))
                        .contains("            subject: " + url.replace(".git", "")
                                + "/.github/workflows/main.yml@refs/heads/main\n")));
    }

    @Test
    void fork_ofNoUrl_isRefused() {
        var result = Tool.BASH.run(Manifests.GITOPS.resolve("fork"), "somewhere");
        assertAll(
                () -> assertEquals(1, result.status()),
                () -> assertTrue(result.output().contains("is not a URL of the form"), result::output));
    }

    /// macOS takes the word after a bare -i for the suffix.
    @Test
    void scripts_editInPlaceAsMacOsDoesToo() {
        assertEquals(
                List.of(),
                bashScripts()
                        .flatMap(it -> Manifests.read(it).lines())
                        .filter(line -> line.matches(".*\\bsed .*-i .*"))
                        .toList());
    }

    /// Upstream's pipeline and seals change the same files at every merge.
    @Test
    void mergeFromUpstream_keepsTheForksOwnFiles() throws IOException {
        assumeTrue(Tool.GIT.present(), Tool.GIT.absence());
        for (var file : List.of(
                "fork",
                ".gitattributes",
                "argocd/fork/repository.yaml",
                "image/kustomization.yaml",
                "image/staging/kustomization.yaml",
                "components/image-policy/martlet.yaml",
                "secrets/mongo-root.yaml",
                "secrets/kustomization.yaml")) {
            var copy = folder.resolve("gitops").resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Manifests.GITOPS.resolve(file), copy);
        }
        git("init", "--quiet", "--initial-branch=main");
        commit("Start");
        git("checkout", "--quiet", "-b", "upstream");
        edit("gitops/image/kustomization.yaml", "newTag: .*", "newTag: upstreams");
        edit("gitops/secrets/mongo-root.yaml", "password: .*", "password: upstreams");
        edit("gitops/secrets/kustomization.yaml", "(?m)^# Everything", "# All");
        commit("Deploy upstream's");
        git("checkout", "--quiet", "main");
        Tool.BASH
                .run(folder.resolve("gitops/fork"), "https://github.com/jane/martlet")
                .ok();
        edit("gitops/image/kustomization.yaml", "newTag: .*", "newTag: ours");
        edit("gitops/secrets/mongo-root.yaml", "password: .*", "password: ours");
        commit("Deploy ours");
        git("-c", "user.name=Test", "-c", "user.email=test@martlet.dev", "merge", "--quiet", "--no-edit", "upstream");
        assertAll(
                () -> assertTrue(read("image/kustomization.yaml").contains("newTag: ours\n")),
                () -> assertTrue(read("image/kustomization.yaml").contains("newName: ghcr.io/jane/martlet\n")),
                () -> assertTrue(read("secrets/mongo-root.yaml").contains("password: ours\n")),
                () -> assertTrue(read("secrets/kustomization.yaml").contains("# All in this folder")));
    }

    @Test
    void url_beforeUp_saysWhatMakesOne() throws IOException {
        program("kubectl", "exit 1");
        var result = cluster(pathWith("minikube"), "url");
        assertEquals(
                "1 \n✗ context 'martlet' has no service 'martlet' with a port on the node.\n  gitops/cluster up makes it.\n",
                result.status() + " " + result.output());
    }

    @Test
    void status_beforeUp_saysSoOnce() throws IOException {
        var result = cluster(pathWith("minikube", "kubectl"), "status");
        assertEquals(
                "1 \n✗ nothing runs in context 'martlet', or it does not answer.\n  gitops/cluster up\n",
                result.status() + " " + result.output());
    }

    /// Its output may be in the log of a CI run.
    @Test
    void status_showsNoPasswordNoGrafanaThatIsNotThere_andNoProbeOfAPodThatIsReady() throws IOException {
        var path = pathWith("minikube");
        program("kubectl", """
                case "$*" in
                  *argocd-initial-admin-secret*) echo aHVudGVyMg== ;;
                  *'get namespace argocd'*) echo namespace/argocd ;;
                  *'get application root'*) echo git://git.martlet-git.svc/martlet.git ;;
                  *'get pods -o go-template'*) echo ' martlet-c' ;;
                  *'get events'*)
                    echo '1|Unhealthy|Pod|martlet-a|Startup probe failed: connection refused'
                    echo '2|FailedMount|Pod|martlet-a|no such secret'
                    echo '3|Unhealthy|Pod|martlet-c|Readiness probe failed: 503' ;;
                esac""");
        var result = cluster(path, "status");
        assertAll(
                () -> assertEquals(0, result.status(), result::output),
                () -> assertFalse(result.output().contains("hunter2"), result::output),
                () -> assertTrue(result.output().contains("jsonpath={.data.password}' | base64 -d"), result::output),
                () -> assertFalse(result.output().contains("Grafana"), result::output),
                () -> assertFalse(result.output().contains("Startup probe"), result::output),
                () -> assertTrue(result.output().contains("  2 FailedMount Pod/martlet-a: no such secret\n")),
                () -> assertTrue(
                        result.output().contains("  3 Unhealthy Pod/martlet-c: Readiness probe failed: 503\n")));
    }

    /// Two CPUs, of which minikube's own pods take more than one.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 | 1 | the cluster is too small: Martlet asks for 1250m CPU and 1730 MiB at its start.
            3 | 0 | some would stay Pending
            4 | 0 | room for 2900m CPU
            """)
    void clusterWithoutRoom_isNamedBeforeItFails(String cpus, int status, String said) throws IOException {
        program("kubectl", """
                case "$*" in
                  *'get nodes'*) echo '+ %s 6073848Ki' ;;
                  *'get pods'*) printf 'kube-system 1 170Mi\nkube-system 100m 0\nmartlet 400m 500Mi\n' ;;
                esac""".formatted(cpus));
        var result = Tool.BASH.run(Map.of("PATH", folder + ":" + System.getenv("PATH")), "-c", """
                profile=martlet; k() { kubectl "$@"; }
                source gitops/lib/say.bash; source gitops/lib/room.bash
                check_room""");
        assertEquals(status, result.status(), result::output);
        assertTrue(result.output().contains(said), result::output);
    }

    /// A pod that could not start stayed for ever, and nothing said why it could not.
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            wait | 1 | ✗ the pod of mongosh did not start.\\n  Back-off pulling image "mongo:8.0"\\n
            exec | 1 | -
            none | 0 | -
            """)
    void mongosh_takesItsPodAway(String failing, int status, @Nullable String said) throws IOException {
        program("kubectl", """
                echo "$*" >> '%s/calls'
                case "$*" in
                  *' create '*) cat >/dev/null ;;
                  *' %s '*) exit 1 ;;
                  *' get pod '*) echo 'Back-off pulling image "mongo:8.0"' ;;
                esac""".formatted(folder, failing));
        var result = Tool.BASH.run(
                Map.of("PATH", folder + ":" + System.getenv("PATH")), "gitops/mongosh", "--context", "kind-test", "1");
        assertEquals(status, result.status(), result::output);
        assertEquals(said == null ? "" : "\n" + said.replace("\\n", "\n"), result.output());
        var calls = Manifests.read(folder.resolve("calls"));
        var pod = Pattern.compile("wait .* pod/(mongosh-\\d+) ").matcher(calls);
        assertTrue(pod.find(), calls);
        assertTrue(calls.endsWith("-n martlet delete pod " + pod.group(1) + " --wait=false\n"), calls);
    }

    private static Stream<Path> bashScripts() {
        try (var files = Files.walk(Manifests.GITOPS)) {
            return files
                    .filter(Files::isRegularFile)
                    .filter(it -> !it.toString().contains("/.keys/"))
                    .filter(it -> it.toString().endsWith(".bash")
                            || Manifests.read(it).startsWith("#!/usr/bin/env bash\n"))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void git(String... arguments) {
        Tool.GIT
                .run(Stream.concat(Stream.of("-C", folder), Stream.of(arguments))
                        .toArray())
                .ok();
    }

    private void commit(String subject) {
        git("add", "--all");
        git("-c", "user.name=Test", "-c", "user.email=test@martlet.dev", "commit", "--quiet", "-m", subject);
    }

    private void edit(String file, String pattern, String replacement) throws IOException {
        var text = Files.readString(folder.resolve(file));
        assertTrue(java.util.regex.Pattern.compile(pattern).matcher(text).find(), pattern);
        Files.writeString(folder.resolve(file), text.replaceFirst(pattern, replacement));
    }

    private String read(String file) {
        return Manifests.read(folder.resolve("gitops").resolve(file));
    }

    private static Tool.Result cluster(String path, String... arguments) {
        var command = Stream.concat(Stream.of(Manifests.GITOPS.resolve("cluster")), Stream.of(arguments));
        return Tool.BASH.run(Map.of("PATH", path), command.toArray());
    }

    /// A PATH with the usual small programs, and stand-ins that do nothing for the named ones.
    private String pathWith(String... programs) throws IOException {
        for (var program : List.of("bash", "env", "dirname", "mktemp", "rm", "sed", "cat", "cut", "awk", "tail")) {
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
