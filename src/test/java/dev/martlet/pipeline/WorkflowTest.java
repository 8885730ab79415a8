package dev.martlet.pipeline;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Rules of the workflows that need no linter, and a test that the linters find mistakes.
class WorkflowTest {

    private static final Path GITHUB = Shell.PROJECT.resolve(".github");
    private static final Pattern PINNED =
            Pattern.compile("(?:(\\./\\S+)|([^@\\s]+)@[0-9a-f]{40} # v\\d+\\.\\d+\\.\\d+)");

    /// Run once, and only if a test asks.
    private static final class Lint {
        static final int OF_THE_PROJECT =
                Shell.in(Shell.PROJECT).run(".github/lint").status();
    }

    static Stream<Path> workflows() {
        return files(GITHUB.resolve("workflows"));
    }

    static Stream<String> scripts() {
        return files(GITHUB.resolve("scripts"))
                .map(script -> script.getFileName().toString());
    }

    @Test
    void everyAction_isPinnedByCommit_andByTheSameEverywhere() {
        var uses = workflows()
                .flatMap(file -> matches("uses: (.*)", file))
                .map(match -> match.group(1))
                .toList();
        assertTrue(uses.size() > 20, uses::toString);
        assertEquals(
                List.of(),
                uses.stream().filter(use -> !PINNED.matcher(use).matches()).toList(),
                "not pinned");
        var commits = uses.stream()
                .filter(use -> !use.startsWith("./"))
                .collect(groupingBy(
                        use -> use.replaceFirst("^([^/]+/[^/@]+).*", "$1"),
                        mapping(use -> use.replaceFirst(".*@", ""), toSet())));
        assertEquals(
                List.of(),
                commits.entrySet().stream().filter(e -> e.getValue().size() > 1).toList(),
                "more than one commit");
    }

    @ParameterizedTest
    @MethodSource("workflows")
    void everyJob_hasATimeLimit_andGrantsOfItsOwn(Path workflow) {
        assertAll(
                () -> assertEquals(
                        1, matches("(?m)^permissions: \\{}$", workflow).count(), "permissions: {} at the top"),
                () -> assertEquals(
                        matches("runs-on:", workflow).count(),
                        matches("timeout-minutes:", workflow).count()),
                // actionlint does not know this key yet, so its value is checked here.
                () -> assertEquals(
                        List.of(),
                        matches("queue: (?!max\\b).*", workflow)
                                .map(MatchResult::group)
                                .toList()));
    }

    @ParameterizedTest
    @MethodSource("workflows")
    void longShellCode_isInAScript(Path workflow) {
        assertEquals(
                List.of(),
                matches("(?m)^( *)(?:- )?run: (?:\\|\\n((?:\\1 +.*\\n)+)|(.*))", workflow)
                        .map(match -> match.group(2) == null
                                ? match.group(3)
                                : match.group(2).strip())
                        .filter(code -> code.split("\n|;|&&", -1).length > 2)
                        .toList());
    }

    /// Started by hand on a branch, the workflow would publish a signed image before its bump fails.
    @Test
    void imagesAreMade_ofMainOnly() {
        var main = GITHUB.resolve("workflows/main.yml");
        assertEquals(
                List.of("github.ref == 'refs/heads/main'"),
                matches("(?s)\\n  plan:\\n    name: [^\\n]*\\n    if: ([^#\\n]*?) *(#|\\n)", main)
                        .map(match -> match.group(1))
                        .toList());
        assertTrue(matches("needs: \\[verify, plan]", main).findAny().isPresent(), "the images wait for the plan");
    }

    /// So `X-Served-By` names what `gitops/image` names.
    @Test
    void image_isBuiltWithItsTagAsVersion() {
        var main = GITHUB.resolve("workflows/main.yml");
        assertEquals(
                List.of("VERSION=${{ needs.plan.outputs.tag }}"),
                matches("build-args: (.*)", main).map(match -> match.group(1)).toList());
        assertEquals(
                List.of("ARG VERSION=\nENV MARTLET_VERSION=$VERSION"),
                matches(
                                "(?s)(ARG VERSION=\\nENV MARTLET_VERSION=\\$VERSION)\\n(?!.*\\nFROM )",
                                Shell.PROJECT.resolve("Dockerfile"))
                        .map(match -> match.group(1))
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void everyScript_isUsedExecutableAndRunByATest(String script) {
        assertTrue(Files.isExecutable(GITHUB.resolve("scripts/" + script)), "executable");
        assertTrue(
                workflows().anyMatch(file -> matches(Pattern.quote(".github/scripts/" + script), file)
                        .findAny()
                        .isPresent()),
                "used");
        assertTrue(
                files(Shell.PROJECT.resolve("src/test/java/dev/martlet/pipeline"))
                        .anyMatch(file -> matches("scripts/" + Pattern.quote(script) + "\\b", file)
                                .findAny()
                                .isPresent()),
                "tested");
    }

    /// `.ci/run` and the workflow 'Verify' call the linters. This test shows that they stop what they should.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "workflows/codeql.yml | runs-on: ubuntu-24.04           | run-on: ubuntu-24.04         | unexpected key \"run-on\"",
                "workflows/main.yml   | needs: [plan, image]            | needs: [plan, picture]       | picture",
                "workflows/main.yml   | @37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0 | @v4 | unpinned-uses",
                "workflows/main.yml   | permissions: {}                 | permissions: write-all       | excessive-permissions",
                "workflows/main.yml   | echo \"digest=$digest\" | echo \"digest=$(false)\" | swallow a script's exit status",
                "scripts/smoke        | readonly url=${1%/}             | url=$1; rm $url              | SC2086",
            })
    @Execution(ExecutionMode.CONCURRENT)
    void brokenFile_isRefusedByTheLint(String file, String from, String to, String finding, @TempDir Path directory)
            throws IOException {
        assumeTrue(Lint.OF_THE_PROJECT == 0, "needs the linters: .github/lint --install");
        var copy = copy(directory);
        var broken = directory.resolve(".github").resolve(file);
        var text = Files.readString(broken);
        assertTrue(text.contains(from), "nothing to break: " + from);
        Files.writeString(broken, text.replace(from, to));
        var result = copy.run(".github/lint");
        assertTrue(result.status() != 0 && result.output().contains(finding), result.output());
    }

    /// The same copy, not broken. So what the lint refuses above is the one line that differs.
    @Test
    void copyOfTheFiles_isAcceptedByTheLint(@TempDir Path directory) {
        assumeTrue(Lint.OF_THE_PROJECT == 0, "needs the linters: .github/lint --install");
        assertEquals(0, copy(directory).run(".github/lint").status());
    }

    private static Shell copy(Path directory) {
        var copy = Shell.in(directory);
        copy.ok("cp", "-R", GITHUB.toString(), ".");
        copy.ok("git", "init", "--quiet");
        return copy;
    }

    private static Stream<Path> files(Path directory) {
        try (var files = Files.list(directory)) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<MatchResult> matches(String pattern, Path file) {
        try {
            return Pattern.compile(pattern).matcher(Files.readString(file)).results();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
