package dev.martlet.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The scripts in `.github/scripts`. What talks to a registry or to Sigstore is replaced by a stand-in on the PATH
/// that writes down how it was called.
class ScriptsTest {

    private static final String IMAGE = "ghcr.io/owner/martlet";
    private static final String AMD64 = "sha256:" + "a".repeat(64), ARM64 = "sha256:" + "b".repeat(64);
    private static final String INDEX = "sha256:" + "c".repeat(64);
    private static final String VERIFICATION = """
            cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
            --certificate-identity https://github.com/owner/martlet/.github/workflows/main.yml@refs/heads/main \
            ghcr.io/owner/martlet@%1$s
            gh attestation verify oci://ghcr.io/owner/martlet@%1$s --repo owner/martlet \
            --signer-workflow owner/martlet/.github/workflows/main.yml --source-ref refs/heads/main \
            --predicate-type https://slsa.dev/provenance/v1
            gh attestation verify oci://ghcr.io/owner/martlet@%1$s --repo owner/martlet \
            --signer-workflow owner/martlet/.github/workflows/main.yml --source-ref refs/heads/main \
            --predicate-type https://spdx.dev/Document/v2.3
            """.formatted(INDEX);

    @TempDir
    Path directory;

    private Shell shell;

    @BeforeAll
    static void tools() {
        assumeTrue(Shell.has("bash") && Shell.has("git"), "needs bash and git on the PATH");
    }

    @BeforeEach
    void repository() throws IOException {
        Files.createDirectory(directory.resolve("bin"));
        shell = Shell.in(Files.createDirectory(directory.resolve("work")))
                .with("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"))
                .with("CALLS", directory.resolve("calls").toString())
                .with("GITHUB_REPOSITORY", "");
        shell.ok("cp", "-R", Shell.PROJECT.resolve(".github").toString(), ".");
        shell.ok("git", "init", "--quiet", "--initial-branch=main");
        for (var command : new String[] {"cosign", "gh"}) {
            standIn(command, "echo \"Verified\"");
        }
    }

    @Test
    void imageTag_followsFromTheCommitAlone() {
        shell = shell.with("GIT_COMMITTER_DATE", "2026-11-21T23:30:00-05:00").with("TZ", "Asia/Tokyo");
        var commit = commit("Start");
        assertEquals("20261122T043000Z-" + commit.substring(0, 12), shell.ok(".github/scripts/image-tag"));
        commit("Next");
        assertEquals("20261122T043000Z-" + commit.substring(0, 12), shell.ok(".github/scripts/image-tag", "HEAD~1"));
    }

    @Test
    void tagImage_joinsTheArchitectures() throws IOException {
        standIn("docker", "[[ $* != *inspect* ]] || echo " + INDEX);
        assertEquals(INDEX, shell.ok(".github/scripts/tag-image", IMAGE, "v1", AMD64, ARM64));
        assertEquals("""
                docker buildx imagetools create --tag %1$s:v1 %1$s@%2$s %1$s@%3$s
                docker buildx imagetools inspect %1$s:v1 --format {{.Manifest.Digest}}
                """.formatted(IMAGE, AMD64, ARM64), calls());
    }

    @Test
    void verifyImage_asksForThisRepositorysWorkflowOnMain() throws IOException {
        assertEquals(
                "Signature, provenance and SBOM of %s@%s are from owner/martlet/.github/workflows/main.yml."
                        .formatted(IMAGE, INDEX),
                shell.ok(".github/scripts/verify-image", IMAGE + "@" + INDEX));
        assertEquals(VERIFICATION, calls());
    }

    @Test
    void verifyImage_failsWithAnyOfTheThree() throws IOException {
        standIn("gh", "[[ $* != *spdx* ]] || { echo 'no attestation found'; exit 1; }");
        assertEquals(
                1,
                shell.run(".github/scripts/verify-image", IMAGE + "@" + INDEX).status());
        assertEquals(2, shell.run(".github/scripts/verify-image", IMAGE + ":v1").status(), "a tag is no image");
    }

    /// The owner's upper case is in the certificate, and cannot be in an image's name.
    @Test
    void verifyImage_ofAForkInUpperCase_asksForItsName() throws IOException {
        file("gitops/argocd/fork/repository.yaml", "data:\n  url: https://github.com/Jane/Martlet.git\n");
        shell.ok(".github/scripts/verify-image", "ghcr.io/jane/martlet@" + INDEX);
        assertTrue(calls().contains("github.com/Jane/Martlet/.github/workflows/main.yml@"), calls());
        shell.ok(".github/scripts/verify-image", "ghcr.io/upstream/martlet@" + INDEX);
        assertTrue(calls().contains("github.com/upstream/martlet/.github/workflows/main.yml@"), calls());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "exit 0                                         | 0 | on=true",
                "echo 'gh: Not Found (HTTP 404)' >&2; exit 1    | 0 | on=false",
                "echo 'gh: Forbidden (HTTP 403)' >&2; exit 1    | 0 | on=false",
                "echo 'gh: Server Error (HTTP 500)' >&2; exit 1 | 1 | HTTP 500",
            })
    void dependencyGraph_saysWhetherItIsOn(String gh, int status, String said) throws IOException {
        standIn("gh", gh);
        var result =
                shell.with("GITHUB_REPOSITORY", "jane/martlet").run(".github/scripts/dependency-graph", "base", "head");
        assertEquals(status, result.status(), result.output());
        assertTrue(result.output().contains(said), result.output());
        assertEquals("gh api repos/jane/martlet/dependency-graph/compare/base...head\n", calls());
    }

    /// Dependabot reads neither a remote kustomization nor the chart of an Application.
    @ParameterizedTest
    @CsvSource({"3.5.1, 2.19.1, 0", "3.5.2, 2.19.1, 1", "3.5.1, 2.20.0, 1"})
    void outdated_failsForWhatIsNewer(String argo, String chart, int status) throws IOException {
        file("gitops/argocd/install/kustomization.yaml", "  - https://x/argo-cd/v3.5.1/manifests/install.yaml\n");
        file("gitops/argocd/apps/sealed-secrets.yaml", "    targetRevision: 2.19.1\n");
        standIn("curl", """
                case $* in
                  *argo-cd*) echo '{"tag_name": "v%s"}' ;;
                  *) printf '    version: 2.9.0\\n    version: %s\\n    appVersion: 9.9.9\\n' ;;
                esac""".formatted(argo, chart));
        var result = shell.run(".github/scripts/outdated");
        assertEquals(status, result.status(), result.output());
    }

    @Test
    void releaseNotes_areThoseOfTheVersion_ifThereAreAny() throws IOException {
        Files.writeString(directory.resolve("work/.github/release-notes/v1.2.3.md"), "- **Feeds**.\n");

        assertEquals(
                "Image: %s\n\n- **Feeds**.".formatted(IMAGE),
                shell.ok(".github/scripts/release-notes", IMAGE, "v1.2.3"));
        assertEquals("Image: " + IMAGE, shell.ok(".github/scripts/release-notes", IMAGE, "v1.2.4"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1.0.0+b5", "v1", "latest"})
    void releaseImage_ofNoVersion_isRefused(String version) {
        commit("Start");
        shell.ok("git", "tag", version);
        var result = shell.run(".github/scripts/release-image", IMAGE, version);
        assertEquals(2, result.status());
        assertTrue(result.output().contains("is not a version like v1.2.3"), result.output());
    }

    @Test
    void releaseImage_isTheOneOfTheLastCommitOutsideGitops() throws IOException {
        commit("Before");
        file("src/Main.java", "source");
        commit("Source");
        var tag = shell.ok(".github/scripts/image-tag");
        file("gitops/image/kustomization.yaml", "newTag: " + tag);
        commit("Deploy");
        shell.ok("git", "tag", "v1.2.3");
        commit("After");
        standIn(
                "docker",
                "[[ $* != *inspect* ]] || { [[ $* == *:" + tag + "* || $* == *:v1.2.3* ]] && echo " + INDEX + "; }");

        var result = shell.run(".github/scripts/release-image", IMAGE, "v1.2.3");
        assertTrue(result.status() == 0 && result.output().endsWith(IMAGE + "@" + INDEX + "\n"), result.output());
        var bump = shell.ok(".github/scripts/image-tag", "v1.2.3");
        assertEquals("""
                docker buildx imagetools inspect %1$s:%4$s --format {{.Manifest.Digest}}
                docker buildx imagetools inspect %1$s:%2$s --format {{.Manifest.Digest}}
                %5$sdocker buildx imagetools create --tag %1$s:v1.2.3 %1$s@%3$s
                docker buildx imagetools inspect %1$s:v1.2.3 --format {{.Manifest.Digest}}
                """.formatted(IMAGE, tag, INDEX, bump, VERIFICATION), calls());
    }

    @Test
    void releaseImage_neverTakesAnOlderSource() throws IOException {
        commit("Before");
        var older = shell.ok(".github/scripts/image-tag");
        file("src/Main.java", "source");
        commit("Source");
        shell.ok("git", "tag", "v1.2.3");
        standIn("docker", "[[ $* == *:" + older + "* ]] && echo " + INDEX);
        assertEquals(
                new Shell.Result(
                        1,
                        ".github/scripts/release-image: there is no image of v1.2.3: "
                                + "wait for the workflow 'Main' on its commit, or run it again.\n"),
                shell.run(".github/scripts/release-image", IMAGE, "v1.2.3"));
    }

    /// A command that writes down its name and arguments and then runs the given code.
    private void standIn(String command, String code) throws IOException {
        var file = Files.writeString(
                directory.resolve("bin/" + command),
                "#!/usr/bin/env bash\necho \"" + command + " $*\" >> \"$CALLS\"\n" + code + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private String calls() throws IOException {
        return Files.readString(directory.resolve("calls"));
    }

    private void file(String name, String text) throws IOException {
        var file = shell.directory().resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private String commit(String subject) {
        shell.ok("git", "add", ".");
        shell.ok("git", "commit", "--quiet", "--allow-empty", "--message=" + subject);
        return shell.ok("git", "rev-parse", "HEAD");
    }
}
