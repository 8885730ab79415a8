package dev.martlet.gitops;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The script that makes the replica set, against a fake of one: src/test/js has the cases.
class BootstrapTest {

    @Test
    void bootstrap_makesOneSetAndItsUsers() {
        assumeTrue(Tool.NODE.present(), Tool.NODE.absence());
        Tool.NODE.run("--test", Path.of("src/test/js/bootstrap.test.js")).ok();
    }
}
