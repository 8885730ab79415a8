package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `deploy` waits for when a pipeline builds the image: a bare repository is the remote, and the test is
/// the pipeline.
class GithubModeTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void makeARemoteAndItsClone() throws IOException {
        assumeTrue(Tool.GIT.present(), Tool.GIT.absence());
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        Tool.GIT
                .run("init", "--quiet", "--bare", "--initial-branch=main", folder.resolve("remote"))
                .ok();
        Tool.GIT
                .run("clone", "--quiet", folder.resolve("remote"), folder.resolve("clone"))
                .ok();
        write(
                "gitops/argocd/fork/repository.yaml",
                "data:\n  url: %s\n  revision: main\n".formatted(folder.resolve("remote")));
        write("src/Main.java", "first");
        commit("First");
        bump("Deploy");
    }

    @Test
    void sourcesThatAreInTheImage_areDeployed() throws IOException {
        assertTrue(set(), "the bump itself");
        write("gitops/README.md", "words");
        commit("Only gitops/");
        assertTrue(set(), "a commit that no image is made of");
    }

    @Test
    void sourcesThatAreInNoImageYet_areWaitedFor() throws IOException {
        write("src/Main.java", "second");
        commit("Second");
        assertTrue(!set());
        bump("Deploy");
        assertTrue(set());
    }

    /// What is pushed together is built together, and the image has the name of the last commit.
    @Test
    void imageOfALaterCommit_holdsTheEarlier() throws IOException {
        write("src/Main.java", "second");
        commit("Second");
        write("gitops/README.md", "words");
        commit("Words, in the same push");
        bump("Deploy");
        assertTrue(set());
    }

    /// The bump for the previous push lands after this push.
    @Test
    void bumpOfAnOlderCommit_isNotOurs() throws IOException {
        var older = git("rev-parse", "HEAD").strip();
        write("src/Main.java", "second");
        commit("Second");
        write("gitops/image/kustomization.yaml", image(older, "late"));
        commit("Deploy 20261121T101500Z-" + older.substring(0, 12));
        assertTrue(!set());
    }

    @Test
    void imageThatAPersonPutBack_isWhatShallRun() throws IOException {
        write("src/Main.java", "second");
        commit("Second");
        bump("Deploy");
        git("-c", "user.name=Test", "-c", "user.email=test@martlet.dev", "revert", "--no-edit", "HEAD");
        git("push", "--quiet", "origin", "HEAD:main");
        assertTrue(set());
    }

    /// The bot's commit lands while we wait: from then on that is the revision.
    @Test
    void bumpThatLandsMeanwhile_isFollowed() throws Exception {
        write("src/Main.java", "second");
        commit("Second");
        var before = git("rev-parse", "HEAD").strip();
        var pipeline = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(1500);
                bump("Deploy");
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        var said = run("wait_for_image; echo $revision").ok();
        pipeline.join();
        assertAll(
                () -> assertTrue(said.startsWith("  " + before.substring(0, 12) + " still has the image "), said),
                () -> assertTrue(said.endsWith(git("rev-parse", "HEAD")), said));
    }

    @Test
    void cloneOfDepthOne_saysWhatItLacks() throws IOException {
        write("src/Main.java", "second");
        commit("Second");
        Tool.GIT
                .run(
                        "clone",
                        "--quiet",
                        "--depth",
                        "1",
                        folder.resolve("remote").toUri(),
                        folder.resolve("shallow"))
                .ok();
        var result = run("shallow", "image_is_set");
        assertEquals(1, result.status());
        assertTrue(result.output().contains("git fetch --unshallow"), result::output);
    }

    private boolean set() {
        return run("image_is_set").status() == 0;
    }

    private Tool.Result run(String code) {
        return run("clone", code);
    }

    private Tool.Result run(String clone, String code) {
        return Tool.BASH.run(Map.of("POLL", "0.2"), "-c", """
                set -Eeuo pipefail
                repository=$0
                setting() { sed -n "s/^ *$1: *//p" "$repository/gitops/argocd/fork/repository.yaml"; }
                source gitops/lib/say.bash; source gitops/lib/github.bash
                read_remote
                """ + code, folder.resolve(clone));
    }

    private void bump(String subject) throws IOException {
        var head = git("rev-parse", "HEAD").strip();
        write("gitops/image/kustomization.yaml", image(head, "built"));
        commit(subject + " 20261121T101500Z-" + head.substring(0, 12));
    }

    private static String image(String commit, String digest) {
        return "images:\n  - name: martlet\n    newTag: 20261121T101500Z-%s\n    digest: %s\n"
                .formatted(commit.substring(0, 12), digest);
    }

    private void commit(String subject) {
        git("add", "--all");
        git("-c", "user.name=Test", "-c", "user.email=test@martlet.dev", "commit", "--quiet", "-m", subject);
        git("push", "--quiet", "origin", "HEAD:main");
    }

    private String git(String... arguments) {
        return Tool.GIT
                .run(Stream.concat(Stream.of("-C", folder.resolve("clone")), Stream.of(arguments))
                        .toArray())
                .ok();
    }

    private void write(String file, String text) throws IOException {
        var path = folder.resolve("clone").resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
