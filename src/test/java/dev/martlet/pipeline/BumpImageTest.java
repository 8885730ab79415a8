package dev.martlet.pipeline;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `gitops/bump-image` on a bare remote and its clones.
class BumpImageTest {

    private static final String IMAGE = "ghcr.io/owner/martlet";
    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);
    private static final Path FILE = Path.of("gitops/image/kustomization.yaml");
    private static final String MANIFEST = """
            # Which image runs.
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            images:
              - name: martlet
                newName: %s # the registry
                newTag: %s
                digest: %s
            """;

    @TempDir
    Path directory;

    private Shell remote, clone;

    @BeforeAll
    static void tools() {
        assumeTrue(Shell.has("bash") && Shell.has("git"), "needs bash and git on the PATH");
    }

    @BeforeEach
    void repositories() throws IOException {
        remote = Shell.in(Files.createDirectory(directory.resolve("remote")));
        remote.ok("git", "init", "--quiet", "--bare", "--initial-branch=main");
        clone = clone("clone");
        write(clone, MANIFEST.formatted("ghcr.io/upstream/martlet", "unset", "unset"));
        clone.ok("git", "add", ".");
        clone.ok("git", "commit", "--quiet", "--message=Start");
        clone.ok("git", "push", "--quiet", "--set-upstream", "origin", "HEAD:main");
    }

    @Test
    void newImage_isCommittedToMain_withItsSource() {
        var commit = commit(clone, "Add a route");
        var tag = tag(clone);
        var output = bump(clone, tag).output();
        assertAll(
                () -> assertEquals(
                        "Deployed %s:%s with commit %s\n".formatted(IMAGE, tag, main().substring(0, 7)), output),
                () -> assertEquals(
                        """
                        # Which image runs.
                        apiVersion: kustomize.config.k8s.io/v1alpha1
                        kind: Component
                        images:
                          - name: martlet
                            newName: %s
                            newTag: %s
                            digest: %s
                        """.formatted(IMAGE, tag, DIGEST).stripTrailing(), remote.ok("git", "show", "main:" + FILE)),
                () -> assertEquals(FILE.toString(), remote.ok("git", "show", "--format=", "--name-only", "main")),
                () -> assertEquals(
                        """
                        Deploy %1$s

                        Image: %2$s:%1$s@%3$s
                        Source: Add a route
                        Source-Commit: %4$s""".formatted(tag, IMAGE, DIGEST, commit),
                        remote.ok("git", "show", "--no-patch", "--format=%B", "main")));
    }

    @Test
    void sameImageAgain_isAlreadyDeployed() {
        var tag = tag(clone);
        bump(clone, tag);
        var before = main();
        assertEquals(new Shell.Result(0, "Already deployed: %s:%s\n".formatted(IMAGE, tag)), bump(clone, tag));
        assertEquals(before, main());
    }

    @Test
    void sameCommitBuiltAgain_isDeployed() {
        var tag = tag(clone);
        bump(clone, tag);
        var rebuilt = "sha256:" + "f".repeat(64);
        assertEquals(0, run(clone, IMAGE, tag, rebuilt).status());
        assertTrue(remote.ok("git", "show", "main:" + FILE).endsWith("digest: " + rebuilt));
    }

    @Test
    void olderTag_isRefused_unlessForced() {
        var old = tag(clone);
        commit(clone, "Newer");
        var deployed = tag(clone);
        bump(clone, deployed);
        assertEquals(new Shell.Result(3, """
                bump-image: %s is older than the deployed %s.
                bump-image: To go back, revert the commit 'Deploy %2$s', or use --force.
                """.formatted(old, deployed)), bump(clone, old));
        assertEquals(deployed, deployedTag());
        assertEquals(0, run(clone, "--force", IMAGE, old, DIGEST).status());
        assertEquals(old, deployedTag());
    }

    @Test
    void historyDecidesTheAge_notTheClock() {
        var parent = tag(clone.with("GIT_COMMITTER_DATE", "2030-01-01T00:00:00Z"), "A clock that runs ahead");
        var child = tag(clone.with("GIT_COMMITTER_DATE", "2029-01-01T00:00:00Z"), "A clock that is right");
        bump(clone, parent);
        assertEquals(0, bump(clone, child).status());
        assertEquals(3, bump(clone, parent).status());
        assertEquals(child, deployedTag());
    }

    @ParameterizedTest
    @CsvSource({"20300101T000000Z-ffffffffffff, 0", "20000101T000000Z-ffffffffffff, 3"})
    void commitUnknownHere_isAsOldAsItsTagSays(String tag, int status) {
        bump(clone, tag(clone));
        assertEquals(status, bump(clone, tag).status());
    }

    /// With staging on, the pipeline's bump stops there, and a person takes the same image further.
    @Test
    void stagingThatIsOn_isDeployedFirst_andPromotedByACommit() throws IOException {
        var staging = "gitops/image/staging/kustomization.yaml";
        file("gitops/argocd/apps/kustomization.yaml", "resources:\n  - martlet.yaml\n  - staging.yaml\n");
        file(staging, MANIFEST.formatted(IMAGE, "none-yet", "unset"));
        clone.ok("git", "add", ".");
        commit(clone, "Turn staging on");
        clone.ok("git", "push", "--quiet", "origin", "HEAD:main");

        var promote = Shell.PROJECT.resolve("gitops/promote").toString();
        assertEquals(1, clone.run("bash", promote).status(), "nothing to promote yet");
        var tag = tag(clone);
        assertEquals(0, bump(clone, tag).status());
        assertAll(
                () -> assertTrue(remote.ok("git", "show", "main:" + staging).contains("newTag: " + tag)),
                () -> assertEquals("unset", deployedTag()));

        clone.ok("bash", promote);
        assertAll(
                () -> assertEquals(tag, deployedTag()),
                () -> assertEquals(FILE.toString(), remote.ok("git", "show", "--format=", "--name-only", "main")),
                () -> assertTrue(clone.ok("bash", promote).startsWith("Already deployed")));
    }

    @Test
    void anotherImagesTag_isNoAge() {
        bump(clone, "20300101T000000Z-ffffffffffff");
        var tag = tag(clone);
        assertEquals(0, run(clone, "ghcr.io/fork/martlet", tag, DIGEST).status());
        assertEquals(tag, deployedTag());
    }

    @Test
    void dirtyTree_isLeftAsItIs() throws IOException {
        var tag = tag(clone);
        write(clone, "changed, staged");
        clone.ok("git", "add", ".");
        write(clone, "changed again, not staged");
        Files.writeString(clone.directory().resolve("new"), "untracked");
        var before = state(clone);
        assertEquals(0, bump(clone, tag).status());
        assertEquals(before, state(clone));
        assertEquals(
                "changed again, not staged", Files.readString(clone.directory().resolve(FILE)));
        assertEquals(tag, deployedTag());
    }

    @Test
    void detachedHead_staysDetached() {
        var tag = tag(clone);
        commit(clone, "Not pushed");
        clone.ok("git", "checkout", "--quiet", "--detach", "HEAD~1");
        var before = state(clone);
        assertEquals(0, bump(clone, tag).status());
        assertEquals(before, state(clone));
        assertEquals("Start", remote.ok("git", "show", "--no-patch", "--format=%s", "main~1"));
    }

    @Test
    void subdirectory_isAGoodPlaceToCallItFrom() {
        var below = new Shell(clone.directory().resolve("gitops"), clone.environment());
        assertEquals(0, bump(below, tag(clone)).status());
    }

    @Test
    void mainThatMoves_isTriedAgain() throws IOException {
        movesMain(4);
        var tag = tag(clone);
        var result = bump(clone, tag);
        assertEquals(0, result.status(), result.output());
        assertTrue(result.output().startsWith("""
                main has moved (try 1 of 5)
                main has moved (try 2 of 5)
                main has moved (try 3 of 5)
                main has moved (try 4 of 5)
                Deployed %s:%s""".formatted(IMAGE, tag)), result.output());
        assertEquals(tag, deployedTag());
        assertEquals("6", remote.ok("git", "rev-list", "--count", "main"), "the start, four moves and the deploy");
    }

    @Test
    void mainThatMovesAlways_isGivenUp() throws IOException {
        movesMain(100);
        var result = bump(clone, tag(clone));
        assertEquals(1, result.status());
        assertTrue(
                result.output()
                        .endsWith(
                                "bump-image: main moved at each of 5 tries, and nothing was deployed: run it again.\n"),
                result.output());
        assertEquals("unset", deployedTag());
        assertEquals(1, clone.ok("git", "worktree", "list").lines().count());
    }

    @Test
    void twoClonesThatRace_leaveTheNewerImage() throws Exception {
        var other = clone("other");
        var older = tag(clone);
        commit(clone, "Newer");
        clone.ok("git", "push", "--quiet", "origin", "HEAD:main");
        var newer = tag(clone);
        other.ok("git", "fetch", "--quiet");
        for (var round = 0; round < 5; round++) {
            var image = "ghcr.io/round-" + round + "/martlet";
            var first = start(other, image, older, DIGEST);
            var second = start(clone, image, newer, DIGEST);
            assertEquals(0, second.end().status());
            var loser = first.end();
            assertTrue(loser.status() == 0 || loser.status() == 3, loser.output());
            assertEquals(newer, deployedTag());
        }
    }

    @Test
    void protectedBranch_isNamed_withItsCure() throws IOException {
        hook(remote.directory().resolve("hooks/update"), "echo 'Changes must be made by a pull request.' >&2; exit 1");
        var result = bump(clone, tag(clone));
        assertEquals(1, result.status());
        assertTrue(
                result.output().startsWith("bump-image: origin refuses the push to main: the branch is protected.\n"),
                result.output());
        assertTrue(result.output().contains("Changes must be made by a pull request."), result.output());
        assertTrue(result.output().contains("deploy key on the bypass list"), result.output());
        assertEquals("unset", deployedTag());
    }

    @Test
    void remoteThatIsGone_isAnError() {
        clone.ok("git", "remote", "set-url", "origin", "/nowhere");
        assertTrue(bump(clone, tag(clone)).status() != 0);
        assertEquals(1, clone.ok("git", "worktree", "list").lines().count());
    }

    @Test
    void editOnly_changesTheFileAndCommitsNothing() throws IOException {
        var tag = tag(clone);
        assertEquals(0, run(clone, "--edit-only", IMAGE, tag, DIGEST).status());
        assertEquals("M " + FILE, clone.ok("git", "status", "--porcelain").strip());
        assertTrue(Files.readString(clone.directory().resolve(FILE)).contains("newTag: " + tag));
        assertEquals("unset", deployedTag());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "Martlet        | 20261121T101500Z-0123456789ab | sha256:beef | 'Martlet' is not an image name",
                "ghcr.io/o/m:v1 | 20261121T101500Z-0123456789ab | sha256:beef | 'ghcr.io/o/m:v1' is not an image name",
                "ghcr.io/o/m    | latest                        | sha256:beef | 'latest' is not a tag of the pipeline",
                "ghcr.io/o/m    | 20261121T101500Z-0123456789ab | sha256:beef | 'sha256:beef' is not a digest",
            })
    void wrongArgument_isNamed(String image, String tag, String digest, String message) {
        var result = run(clone, image, tag, digest);
        assertEquals(1, result.status());
        assertTrue(result.output().startsWith("bump-image: " + message), result.output());
    }

    @Test
    void fileWithoutADigest_isNamed() throws IOException {
        write(clone, MANIFEST.formatted(IMAGE, "unset", "unset").replace("digest", "Digest"));
        clone.ok("git", "commit", "--quiet", "--all", "--message=Break");
        clone.ok("git", "push", "--quiet", "origin", "HEAD:main");
        assertEquals(
                new Shell.Result(
                        1, "bump-image: gitops/image/kustomization.yaml needs exactly one line 'digest: …'.\n"),
                bump(clone, tag(clone)));
    }

    /// Before each of the first `times` pushes out of the clone, somebody else's commit reaches main.
    private void movesMain(int times) throws IOException {
        var other = clone("other");
        hook(clone.directory().resolve(".git/hooks/pre-push"), """
                unset $(git rev-parse --local-env-vars)
                cd '%s'
                if [ "$(git rev-list --count HEAD)" -le %d ]; then
                  git commit --quiet --allow-empty --message='Somebody else' && git push --quiet origin HEAD:main
                fi
                """.formatted(other.directory(), times));
    }

    private static void hook(Path path, String script) throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, "#!/usr/bin/env bash\n" + script);
        assertTrue(path.toFile().setExecutable(true));
    }

    private Shell clone(String name) {
        Shell.in(directory).ok("git", "clone", "--quiet", remote.directory().toString(), name);
        return Shell.in(directory.resolve(name));
    }

    private static void write(Shell clone, String manifest) throws IOException {
        var file = clone.directory().resolve(FILE);
        Files.createDirectories(file.getParent());
        Files.writeString(file, manifest);
    }

    private void file(String name, String text) throws IOException {
        var file = clone.directory().resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static String commit(Shell clone, String subject) {
        clone.ok("git", "commit", "--quiet", "--allow-empty", "--message=" + subject);
        return clone.ok("git", "rev-parse", "HEAD");
    }

    private static String tag(Shell clone) {
        return clone.ok(
                "bash", Shell.PROJECT.resolve(".github/scripts/image-tag").toString());
    }

    private static String tag(Shell clone, String subject) {
        commit(clone, subject);
        return tag(clone);
    }

    private static Shell.Result bump(Shell clone, String tag) {
        return run(clone, IMAGE, tag, DIGEST);
    }

    private static Shell.Result run(Shell clone, String... arguments) {
        return clone.run(command(arguments));
    }

    private static Shell.Running start(Shell clone, String... arguments) {
        return clone.start(command(arguments));
    }

    private static String[] command(String... arguments) {
        var script = Shell.PROJECT.resolve("gitops/bump-image").toString();
        return Stream.concat(Stream.of("bash", script), Stream.of(arguments)).toArray(String[]::new);
    }

    private String main() {
        return remote.ok("git", "rev-parse", "main");
    }

    private String deployedTag() {
        return remote.ok("git", "show", "main:" + FILE)
                .lines()
                .filter(line -> line.contains("newTag:"))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".*: ", "");
    }

    /// All that a bump must leave alone: the branch or commit that is checked out, index, files and work trees.
    private static String state(Shell clone) {
        return String.join(
                "\n",
                clone.ok("git", "rev-parse", "HEAD"),
                clone.run("git", "symbolic-ref", "HEAD").output(),
                clone.ok("git", "status", "--porcelain"),
                clone.ok("git", "diff", "--cached"),
                clone.ok("git", "worktree", "list"));
    }
}
