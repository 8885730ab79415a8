package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The commit that local mode makes for the cluster: all of the work tree is in it, and nothing of the work tree
/// changes.
class LocalModeTest {

    @TempDir
    private Path folder;

    private Path repository() {
        return folder.resolve("repository");
    }

    @BeforeEach
    void makeARepository() throws IOException {
        assumeTrue(Tool.GIT.present(), Tool.GIT.absence());
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        for (var file : List.of(
                "overlays/local/kustomization.yaml",
                "argocd/fork/repository.yaml",
                "secrets/stamp-users.yaml",
                "secrets/kustomization.yaml",
                "lib/local.bash")) {
            var copy = repository().resolve("gitops").resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(Manifests.GITOPS.resolve(file), copy);
        }
        write(".gitignore", "/target/\n");
        git("init", "--quiet", "--initial-branch=topic");
        git("add", "--all");
        git("-c", "user.name=Test", "-c", "user.email=test@martlet.dev", "commit", "--quiet", "-m", "First");
        Files.createDirectories(folder.resolve("keys/secrets"));
        Files.writeString(folder.resolve("keys/secrets/stamp-users.yaml"), "sealed here\n");
        write("changed", "committed\n");
        git("add", "changed");
        write("changed", "and changed again\n");
        write("new", "unknown to Git\n");
        write("target/classes", "ignored\n");
    }

    @Test
    void commit_holdsTheWorkTreeTheImageAndTheSecrets() {
        var commit = commit();
        assertAll(
                () -> assertEquals("and changed again\n", show(commit, "changed")),
                () -> assertEquals("unknown to Git\n", show(commit, "new")),
                () -> assertEquals("", git("ls-tree", "--name-only", commit, "target")),
                () -> assertEquals("sealed here\n", show(commit, "gitops/secrets/stamp-users.yaml")),
                () -> assertTrue(
                        show(commit, "gitops/overlays/local/kustomization.yaml").contains("    newTag: local-1\n")),
                () -> assertTrue(
                        show(commit, "gitops/argocd/fork/repository.yaml")
                                .endsWith(
                                        "  url: git://git.martlet-git.svc.cluster.local/martlet.git\n  revision: main\n  overlay: gitops/overlays/local\n")));
    }

    @Test
    void branchIndexAndFiles_stayAsTheyAre() {
        var before = git("status", "--porcelain=v2", "--branch")
                + git("diff")
                + git("diff", "--cached")
                + git("log", "--all", "--oneline");
        commit();
        var after = git("status", "--porcelain=v2", "--branch")
                + git("diff")
                + git("diff", "--cached")
                + git("log", "--all", "--oneline");
        assertEquals(before, after);
    }

    /// CI clones with depth 1. A server refuses a commit whose parent is missing.
    @Test
    void shallowClone_isTakenByAPlainServer() throws IOException {
        git("-c", "user.name=Test", "-c", "user.email=test@martlet.dev", "commit", "--quiet", "--all", "-m", "Second");
        Files.move(repository(), folder.resolve("upstream"));
        Tool.GIT
                .run(
                        "clone",
                        "--quiet",
                        "--depth",
                        "1",
                        folder.resolve("upstream").toUri(),
                        repository())
                .ok();
        assertEquals("1", git("rev-list", "--count", "HEAD").strip());
        write("new", "unknown to Git\n");
        var server = folder.resolve("server.git");
        Tool.GIT
                .run("init", "--quiet", "--bare", "--initial-branch=main", server)
                .ok();
        git("push", "--quiet", server.toString(), commit() + ":refs/heads/main");
        Tool.GIT.run("clone", "--quiet", server, folder.resolve("reader")).ok();
        assertEquals("unknown to Git\n", Files.readString(folder.resolve("reader/new")));
    }

    /// The commit is for the cluster alone. It needs no signature, and no hook checks it.
    @Test
    void signaturesAndHooksOfTheUser_areLeftAlone() throws IOException {
        git("config", "commit.gpgsign", "true");
        git("config", "gpg.program", "false");
        for (var hook : List.of("pre-commit", "prepare-commit-msg", "commit-msg", "post-checkout", "post-commit")) {
            var file = Files.writeString(repository().resolve(".git/hooks/" + hook), "#!/bin/sh\nexit 1\n");
            assertTrue(file.toFile().setExecutable(true));
        }
        assertEquals("unknown to Git\n", show(commit(), "new"));
    }

    /// The image knows its own tag: see the Dockerfile. buildctl, which builds in minikube, gets it by another
    /// option.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            true  | docker build --build-arg VERSION=local-1 -t docker.io/library/martlet:local-1 .
            false | minikube -p martlet image build --build-opt opt=build-arg:VERSION=local-1 -t docker.io/library/martlet:local-1 .
            """)
    void image_isBuiltWithItsTagAsVersion(boolean docker, String expected) {
        var calls = Tool.BASH.run("-c", """
                set -Eeuo pipefail
                cd "$0"
                docker() { [[ $1 == info ]] && return $status; echo "docker $*"; }
                minikube() { echo "minikube $*"; }
                status=$1 repository=$0/repository tree=$0 profile=martlet image_command='' on_minikube=''
                source "$repository/gitops/lib/local.bash"
                build_image local-1
                """, folder, docker ? "0" : "1").ok();
        assertTrue(calls.lines().toList().contains(expected), calls);
    }

    private String commit() {
        return Tool.BASH.run("-c", """
                set -Eeuo pipefail
                cd "$0"
                repository=$0/repository gitops=$0/repository/gitops keys=$0/keys scratch=$0 tree=$0/tree
                source "$gitops/lib/local.bash"
                snapshot
                commit_locally local-1
                git -C "$repository" worktree remove --force "$tree"
                """, folder).ok().strip();
    }

    private String show(String commit, String file) {
        return git("show", commit + ":" + file);
    }

    private String git(String... arguments) {
        var command = new java.util.ArrayList<Object>(List.of("-C", repository()));
        command.addAll(List.of(arguments));
        return Tool.GIT.run(command.toArray()).ok();
    }

    private void write(String file, String text) throws IOException {
        var path = repository().resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
