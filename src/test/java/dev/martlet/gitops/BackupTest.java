package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The backup and restore scripts with stand-ins for mongodump and mongorestore, which write down how they were
/// called.
class BackupTest {

    private static final Path SCRIPTS = Manifests.GITOPS.resolve("components/backup/scripts");

    @TempDir
    private Path folder;

    private Path backups() {
        return folder.resolve("backups");
    }

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
        Files.createDirectories(backups());
        Files.createDirectories(folder.resolve("secrets"));
        Files.writeString(folder.resolve("secrets/username"), "backup-1");
        Files.writeString(folder.resolve("secrets/password"), "s3cret");
        program("mongodump", """
                echo "mongodump $*" >>"$CALLS"
                out=${*: -1}
                mkdir -p "$out" && echo oplog >"$out/oplog.bson"
                """);
        program("mongorestore", """
                echo "mongorestore $*" >>"$CALLS"
                cat "${*: -1}/oplog.bson" >>"$CALLS"
                """);
    }

    @Test
    void backup_keepsTheNewestDumps() throws IOException {
        for (var old : List.of("2026-01-01T000000Z", "2026-01-02T000000Z", "2026-01-03T000000Z")) {
            Files.createDirectories(backups().resolve(old));
        }
        run("backup").ok();
        var names = names();
        assertAll(
                () -> assertEquals(2, names.size()),
                () -> assertEquals("2026-01-03T000000Z", names.getFirst()),
                () -> assertTrue(names.getLast().matches("\\d{4}-\\d\\d-\\d\\dT\\d{6}Z"), names::getLast));
    }

    @Test
    void backupThatFails_leavesNoNameAndKeepsTheOld() throws IOException {
        Files.createDirectories(backups().resolve("2026-01-01T000000Z"));
        program("mongodump", "mkdir -p \"${*: -1}\"; exit 1\n");
        assertEquals(1, run("backup").status());
        assertEquals(List.of("2026-01-01T000000Z"), names());
    }

    @Test
    void backup_takesTheOplogAndHidesThePassword() throws IOException {
        run("backup").ok();
        var calls = calls();
        assertAll(
                () -> assertTrue(calls.contains("--uri mongodb://x --username backup-1 --oplog --gzip --out"), calls),
                () -> assertTrue(!calls.contains("s3cret"), calls));
    }

    @Test
    void restore_takesTheNewestDumpAndOnlyOurDatabase() throws IOException {
        for (var name : List.of("2026-01-01T000000Z", "2026-01-02T000000Z")) {
            Files.createDirectories(backups().resolve(name));
            Files.writeString(backups().resolve(name).resolve("oplog.bson"), "oplog of " + name + "\n");
        }
        run("restore").ok();
        var calls = calls();
        assertAll(
                () -> assertTrue(
                        calls.contains("--gzip --drop --nsInclude martlet.* "
                                + backups().resolve("2026-01-02T000000Z")),
                        calls),
                () -> assertTrue(calls.contains("--gzip --oplogReplay "), calls),
                () -> assertTrue(calls.endsWith("oplog of 2026-01-02T000000Z\n"), calls));
    }

    @Test
    void restoreOfAnUnknownDump_listsThoseThereAre() throws IOException {
        Files.createDirectories(backups().resolve("2026-01-01T000000Z"));
        var result = run("restore", "DUMP", "yesterday");
        assertEquals("1 no dump 'yesterday'; there are: 2026-01-01T000000Z\n", result.status() + " " + result.output());
    }

    private Tool.Result run(String script, String... more) {
        var environment = new java.util.HashMap<>(Map.of(
                "PATH",
                folder.resolve("bin") + ":" + System.getenv("PATH"),
                "CALLS",
                folder.resolve("calls").toString(),
                "BACKUPS",
                backups().toString(),
                "SECRETS",
                folder.resolve("secrets").toString(),
                "MONGODB_URI",
                "mongodb://x",
                "KEEP",
                "2"));
        if (more.length > 0) {
            environment.put(more[0], more[1]);
        }
        return Tool.BASH.run(environment, SCRIPTS.resolve(script));
    }

    private List<String> names() throws IOException {
        try (var names = Files.list(backups())) {
            return names.map(it -> it.getFileName().toString())
                    .filter(it -> !it.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private String calls() throws IOException {
        return Files.readString(folder.resolve("calls"));
    }

    private void program(String name, String body) throws IOException {
        var file = Files.createDirectories(folder.resolve("bin")).resolve(name);
        Files.writeString(file, "#!/usr/bin/env bash\nset -eu\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
