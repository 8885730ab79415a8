package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How a MongoDB member starts, with a stand-in for the image's entrypoint that tells what it was given.
class StartTest {

    @TempDir
    private Path folder;

    /// Three roots made apart would be three data sets that no set can be made of.
    @ParameterizedTest
    @CsvSource({"mongo-0, root", "mongo-1, none", "mongo-10, none", "mongo-2, none"})
    void rootUser_isMadeByTheFirstMemberOnly(String host, String root) throws IOException {
        assertEquals(root, start(host).lines().findFirst().orElseThrow());
    }

    @Test
    void keyfile_isACopyThatOnlyTheOwnerReads() throws IOException {
        var arguments = start("mongo-1").lines().skip(1).findFirst().orElseThrow();
        assertEquals(
                "mongod --replSet rs0 --bind_ip_all --keyFile %s --wiredTigerCacheSizeGB 0.25 --oplogSize 256"
                        .formatted(folder.resolve("keyfile")),
                arguments);
        assertEquals(
                "r--------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("keyfile"))));
    }

    /// A container that starts again finds the copy of the last time.
    @Test
    void secondStart_findsTheCopyInItsWay() throws IOException {
        start("mongo-1");
        assertTrue(start("mongo-1").contains("mongod --replSet rs0"));
    }

    private String start(String host) throws IOException {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        Files.createDirectories(folder.resolve("keyfile-secret/keyfile"));
        Files.writeString(folder.resolve("keyfile-secret/keyfile/keyfile"), "- key");
        var entrypoint = Files.writeString(folder.resolve("docker-entrypoint.sh"), """
                #!/usr/bin/env bash
                [[ ${MONGO_INITDB_ROOT_USERNAME_FILE:-} == */root/username && $MONGO_INITDB_ROOT_PASSWORD_FILE == */root/password ]] && echo root || echo none
                echo "$*"
                """);
        Files.setPosixFilePermissions(entrypoint, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Tool.BASH
                .run(
                        Map.of(
                                "HOSTNAME",
                                host,
                                "SECRETS",
                                folder.resolve("keyfile-secret").toString(),
                                "TMPDIR",
                                folder.toString(),
                                "PATH",
                                folder + ":" + System.getenv("PATH")),
                        Manifests.GITOPS.resolve("base/mongo/scripts/start"))
                .ok();
    }
}
