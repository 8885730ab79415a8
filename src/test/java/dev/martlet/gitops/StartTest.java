package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How a MongoDB member starts, with a stand-in for the image's entrypoint that tells what it was given.
class StartTest {

    @TempDir
    private Path folder;

    /// Three root users would be three data sets, which could never become one replica set.
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

    /// It was killed after WiredTiger was there and before the root user was. The image would never make that user
    /// again.
    @Test
    void firstStartCutShort_beginsAnew() throws IOException {
        start("mongo-0");
        Files.writeString(data().resolve("WiredTiger"), "no root user in here");
        Files.createDirectories(data().resolve("journal"));
        assertTrue(start("mongo-0").startsWith("the first start was cut short"));
        assertEquals(List.of(".first-start"), names(data()));
        assertEquals(List.of("first-start.js"), names(folder.resolve("initdb")));
    }

    /// The mark is gone once root is on disk; from then on nothing is ever removed.
    @Test
    void memberWithData_isLeftAlone() throws IOException {
        start("mongo-0");
        runFirstStart(1).ok();
        Files.writeString(data().resolve("WiredTiger"), "somebody's documents");
        Files.delete(folder.resolve("initdb/first-start.js"));
        start("mongo-0");
        assertEquals(List.of("WiredTiger"), names(data()));
        assertEquals(List.of(), names(folder.resolve("initdb")));
    }

    /// The image runs the files in that folder at any member's first start, even without a root user.
    @Test
    void otherMembers_haveNoFirstStart() throws IOException {
        start("mongo-1");
        assertEquals(List.of(), names(data()));
        assertEquals(List.of(), names(folder.resolve("initdb")));
    }

    @Test
    void rootThatIsNotOnDisk_leavesTheMark() throws IOException {
        start("mongo-0");
        assertEquals(1, runFirstStart(0).status());
        assertEquals(List.of(".first-start"), names(data()));
    }

    /// As the image's entrypoint runs it, with a database that answers to `fsync` with this `ok`.
    private Tool.Result runFirstStart(int ok) {
        assumeTrue(Tool.NODE.present(), Tool.NODE.absence());
        return Tool.NODE.run(
                Map.of("DATA", data().toString()), "-e", """
                globalThis.db = { adminCommand: (command) => ({ ok: command.fsync === 1 ? %d : 0 }) };
                globalThis.require = require;
                require('vm').runInThisContext(require('fs').readFileSync('%s', 'utf8'));
                """.formatted(ok, folder.resolve("initdb/first-start.js")));
    }

    private Path data() {
        return folder.resolve("data");
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(it -> it.getFileName().toString()).sorted().toList();
        }
    }

    private String start(String host) throws IOException {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        Files.createDirectories(folder.resolve("keyfile-secret/keyfile"));
        Files.writeString(folder.resolve("keyfile-secret/keyfile/keyfile"), "- key");
        Files.createDirectories(data());
        Files.createDirectories(folder.resolve("initdb"));
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
                                "DATA",
                                data().toString(),
                                "INITDB",
                                folder.resolve("initdb").toString(),
                                "TMPDIR",
                                folder.toString(),
                                "PATH",
                                folder + ":" + System.getenv("PATH")),
                        Manifests.GITOPS.resolve("base/mongo/scripts/start"))
                .ok();
    }
}
