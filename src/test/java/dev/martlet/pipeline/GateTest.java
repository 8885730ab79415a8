package dev.martlet.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `.ci/run`: who calls it, and that it fails if a check was skipped.
class GateTest {

    @TempDir
    private Path folder;

    @BeforeAll
    static void tools() {
        assumeTrue(Shell.has("bash") && Shell.has("python3"), "needs bash and python3 on the PATH");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "     |      |                     | 0 | ''",
                "     |      | haproxy             | 0 | not checked here: haproxy",
                "true |      |                     | 0 | ''",
                "true |      | haproxy             | 1 | 'not checked, but CI has to: haproxy'",
                "true |      | kubeconform-schemas | 0 | not checked: kubeconform-schemas (they are on",
                "true | true | kubeconform-schemas | 1 | 'not checked, but CI has to: kubeconform-schemas'",
            })
    void checkThatIsLeftOut_failsInCi_unlessItIsExcused(
            @Nullable String ci, @Nullable String github, @Nullable String check, int status, String said) {
        var shell = Shell.in(Shell.PROJECT)
                .with("CI", ci == null ? "" : ci)
                .with("GITHUB_ACTIONS", github == null ? "" : github);
        var result = check == null ? shell.run(".ci/skipped") : shell.run(".ci/skipped", check);
        assertEquals(status, result.status(), result::output);
        assertTrue(result.output().startsWith(said), result::output);
    }

    @Test
    void excuse_coversNoneOfTheOthers() {
        var result = Shell.in(Shell.PROJECT)
                .with("CI", "true")
                .with("GITHUB_ACTIONS", "")
                .run(".ci/skipped", "kubeconform-schemas", "kubeconform");
        assertEquals(1, result.status(), result::output);
    }

    @Test
    void skippedTests_areNamedWithTheirReason() throws IOException {
        report("A", """
                <testcase name="passes" classname="dev.martlet.A" time="0.1">
                  <system-out><![CDATA[<testcase name="x"><skipped/></testcase>]]></system-out>
                </testcase>
                <testcase name="needsATool[1] a &lt; b" classname="dev.martlet.A" time="0.0">
                  <skipped type="org.opentest4j.TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: \
                Assumption failed: haproxy is not on the PATH
                	at org.junit.jupiter.api.Assumptions.assumeTrue(Assumptions.java:127)]]></skipped>
                </testcase>
                <testcase name="fails" classname="dev.martlet.A" time="0.1"><failure message="no"/></testcase>
                """);
        report("B", """
                <testcase name="isDisabled" classname="dev.martlet.B" time="0.0"><skipped message="flaky"/></testcase>
                """);
        assertEquals(
                """
                dev.martlet.A.needsATool[1] a < b (haproxy is not on the PATH)
                dev.martlet.B.isDisabled (flaky)""",
                Shell.in(folder).ok(Shell.PROJECT.resolve(".ci/skipped-tests").toString(), "."));
    }

    private void report(String name, String testcases) throws IOException {
        Files.writeString(
                folder.resolve("TEST-" + name + ".xml"),
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + name + "\">\n" + testcases
                        + "</testsuite>\n");
    }

    @Test
    void skippedTests_ofNoReport_areAnError() {
        assertEquals(
                1,
                Shell.in(folder)
                        .run(Shell.PROJECT.resolve(".ci/skipped-tests").toString(), ".")
                        .status());
    }

    /// The gate with stand-ins for whatever it calls: only its own logic is left.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "              | 0 | passed",
                "mvn           | 1 | failed: mvn verify",
                "kubectl       | 1 | failed: Manifests",
                "skipped       | 1 | 'not checked, but CI has to: dev.martlet.A.a (no tool)'",
                "no report     | 1 | 'not checked, but CI has to: any test'",
                "no JDK 25     | 1 | 'not checked, but CI has to: format (no JDK 25)'",
                "unformatted   | 1 | failed: Format",
                "no shellcheck | 1 | 'not checked, but CI has to: shellcheck (could not be installed)'",
                "by apt        | 0 | passed",
                "no go         | 1 | 'not checked, but CI has to: everything that needs Go (https://go.dev/dl)'",
            })
    void gate_failsByName(@Nullable String wrong, int status, String said) throws IOException {
        String fault = wrong == null ? "" : wrong;
        var gate = Shell.in(Files.createDirectory(folder.resolve("project")))
                .with("PATH", Files.createDirectory(folder.resolve("bin")).toString())
                .with("CI", "true")
                .with("GITHUB_ACTIONS", "")
                .with("FAULT", fault);
        new Shell(gate.directory(), Map.of())
                .ok("cp", "-R", Shell.PROJECT.resolve(".ci").toString(), ".");
        for (var tool : List.of("bash", "env", "dirname", "awk", "mkdir", "rm")) {
            standIn("bin/" + tool, "exec " + Shell.in(Shell.PROJECT).ok("which", tool) + " \"$@\"");
        }
        // The program itself: on the PATH there may be a wrapper, which needs more than this PATH.
        String python = Shell.in(Shell.PROJECT).ok("python3", "-c", "import sys; print(sys.executable)");
        standIn("bin/python3", "[[ $1 != -c ]] || exit 0; exec " + python + " \"$@\"");
        for (var tool :
                List.of("promtool", "haproxy", "chromium", "openssl", "curl", "git", "node", "shellcheck", "go")) {
            standIn("bin/" + tool, "echo /nowhere");
        }
        if (fault.startsWith("no ")) {
            Files.deleteIfExists(folder.resolve("bin/" + fault.substring(3)));
        }
        if (fault.equals("by apt")) {
            Files.delete(folder.resolve("bin/shellcheck"));
            standIn("bin/apt-get", """
                    [[ $DEBIAN_FRONTEND == noninteractive ]] || exit 1
                    [[ $1 == install ]] || exit 0
                    printf '#!/bin/bash\\n' >"${BASH_SOURCE[0]%/*}/${!#}"
                    /bin/chmod +x "${BASH_SOURCE[0]%/*}/${!#}\"""");
            standIn("bin/sudo", "shift; exec \"$@\"");
        }
        standIn("bin/mvn", """
                case "$*" in
                  *display*) echo '[INFO]   - /jdk'; [[ $FAULT == 'no JDK 25' ]] || echo '[INFO]       version: 25.0.3' ;;
                  *spotless*) [[ $JAVA_HOME == /jdk && $FAULT != unformatted ]] ;;
                  *)
                    mkdir -p target/surefire-reports
                    [[ $FAULT != skipped ]] || skipped='<skipped message="no tool"/>'
                    [[ $FAULT == 'no report' ]] ||
                      echo "<t><testcase classname='dev.martlet.A' name='a'>${skipped-}</testcase></t>" >target/surefire-reports/TEST-A.xml
                    [[ $FAULT != mvn ]] ;;
                esac""");
        Files.createDirectories(folder.resolve("project/gitops"));
        Files.createDirectories(folder.resolve("project/.github"));
        standIn("project/gitops/tools", "");
        standIn("project/gitops/validate", "[[ $FAULT != kubectl ]]");
        standIn("project/.github/lint", "");

        var result = gate.run("bash", ".ci/run");

        assertEquals(status, result.status(), result::output);
        assertTrue(result.output().lines().anyMatch(line -> line.equals(said)), result::output);
    }

    private void standIn(String file, String body) throws IOException {
        assertTrue(Files.writeString(folder.resolve(file), "#!/bin/bash\n" + body + "\n")
                .toFile()
                .setExecutable(true));
    }

    @Test
    void workflowVerify_runsTheGate_likeEverybodyElse() throws IOException {
        var workflows = Shell.PROJECT.resolve(".github/workflows");
        String verify = Files.readString(workflows.resolve("verify.yml"));
        assertEquals(
                List.of("run: .ci/run"),
                verify.substring(0, verify.indexOf("\n\n  mongodb:"))
                        .lines()
                        .map(line -> line.replaceFirst("^ *- ", ""))
                        .filter(line -> line.startsWith("run: "))
                        .toList());
        for (var caller : new String[] {"main.yml", "pull-request.yml"}) {
            assertTrue(
                    Files.readString(workflows.resolve(caller)).contains("uses: ./.github/workflows/verify.yml"),
                    caller);
        }
    }
}
