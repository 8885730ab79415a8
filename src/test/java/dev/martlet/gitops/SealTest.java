package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gitops/seal` from key to opened secret, without a cluster.
class SealTest {

    // A key takes seconds to make: all tests begin with a copy of this fork's.
    @TempDir
    private static Path fork;

    @TempDir
    private Path folder;

    @BeforeAll
    static void makeAFork() throws IOException {
        assumeTrue(Tool.KUBESEAL.present(), Tool.KUBESEAL.absence());
        assumeTrue(Tool.OPENSSL.present(), Tool.OPENSSL.absence());
        copy(Manifests.GITOPS.resolve("secrets"), fork.resolve("secrets"));
        // Whatever secrets this repository has, begin as the first fork did.
        Files.writeString(fork.resolve("secrets/stamp-users.yaml"), "        martlet.dev/users: \"0\"\n");
        Files.writeString(fork.resolve("secrets/stamp-keyfile.yaml"), "        martlet.dev/keyfile: \"0\"\n");
        Files.writeString(fork.resolve("secrets/stamp-token.yaml"), "        martlet.dev/token: \"0\"\n");
        seal(fork).ok();
    }

    @BeforeEach
    void copyTheFork() throws IOException {
        copy(fork.resolve("secrets"), folder.resolve("secrets"));
        copy(fork.resolve("keys"), folder.resolve("keys"));
    }

    @Test
    void freshFork_getsCredentialsThatItsKeyOpens() {
        var user = open("martlet-database");
        assertAll(
                () -> assertEquals("martlet-1", user.get("username")),
                () -> assertTrue(user.getOrDefault("password", "").matches("[0-9a-f]{48}")),
                () -> assertEquals("root", open("mongo-root").get("username")),
                () -> assertTrue(
                        open("mongo-keyfile").getOrDefault("keyfile", "").matches("- [A-Za-z0-9+/]{1008}")),
                () -> assertTrue(seal("check").ok().startsWith("7 sealed secrets open")));
    }

    @Test
    void secondRun_changesNothing() {
        var before = read("mongo-root.yaml");
        seal().ok();
        assertEquals(before, read("mongo-root.yaml"));
    }

    @Test
    void rotation_countsUpAndRemembersRootsPassword() {
        var first = open("mongo-root");
        var firstUser = open("martlet-database");
        seal("rotate").ok();
        var second = open("mongo-root");
        assertAll(
                () -> assertEquals(first.get("password"), second.get("previous-password")),
                () -> assertNotEquals(first.get("password"), second.get("password")),
                () -> assertEquals("martlet-2", open("martlet-database").get("username")),
                () -> assertNotEquals(
                        firstUser.get("password"), open("martlet-database").get("password")),
                () -> assertTrue(read("stamp-users.yaml").contains("martlet.dev/users: \"2\"")));
    }

    @Test
    void tokenRotation_keepsTheTokenBefore() {
        var first = seal("token").ok().strip();
        seal("rotate-token").ok();
        var second = seal("token").ok().strip();
        assertAll(
                () -> assertTrue(first.matches("[0-9a-f]{48}"), first),
                () -> assertNotEquals(first, second),
                () -> assertEquals(second + "\n" + first, open("martlet-token").get("token")),
                () -> assertTrue(read("stamp-token.yaml").contains("martlet.dev/token: \"2\"")));
        seal("rotate-token").ok();
        assertEquals(
                seal("token").ok().strip() + "\n" + second,
                open("martlet-token").get("token"));
    }

    /// A cluster from before there was a token.
    @Test
    void missingToken_isSealedOnTheWay() throws IOException {
        Files.delete(folder.resolve("secrets/martlet-token.yaml"));
        assertTrue(seal().ok().startsWith("7 sealed secrets open"));
    }

    @Test
    void keyfileRotation_keepsTheKeyBefore() {
        var first = open("mongo-keyfile").getOrDefault("keyfile", "");
        seal("rotate-keyfile").ok();
        var second = open("mongo-keyfile").getOrDefault("keyfile", "").lines().toList();
        assertAll(
                () -> assertEquals(2, second.size()),
                () -> assertEquals(first, second.getLast()),
                () -> assertTrue(read("stamp-keyfile.yaml").contains("martlet.dev/keyfile: \"2\"")));
    }

    /// Somebody's database has these credentials: new ones would lock everybody out.
    @Test
    void sealedSecretsOfAnotherKey_areLeftAlone() throws IOException {
        Files.delete(folder.resolve("keys/tls.key"));
        var before = read("mongo-root.yaml");
        var result = seal();
        assertAll(
                () -> assertEquals(1, result.status()),
                () -> assertTrue(result.output().contains("Copy yours there"), result::output),
                () -> assertEquals(before, read("mongo-root.yaml")));
    }

    /// The namespace is part of the seal. Production's controller refuses staging's secrets, and the other way
    /// round.
    @Test
    void staging_hasSecretsOfItsOwn() throws IOException {
        copy(Manifests.GITOPS.resolve("secrets/staging"), folder.resolve("secrets/staging"));
        for (var stamp : java.util.List.of("users", "keyfile", "token")) {
            Files.writeString(
                    folder.resolve("secrets/staging/stamp-" + stamp + ".yaml"),
                    "        martlet.dev/" + stamp + ": \"0\"\n");
        }
        var before = read("mongo-root.yaml");
        seal("--staging").ok();
        assertAll(
                () -> assertTrue(read("staging/mongo-root.yaml").contains("namespace: martlet-staging\n")),
                () -> assertTrue(seal("--staging", "check").ok().startsWith("7 sealed secrets open")),
                () -> assertEquals(before, read("mongo-root.yaml")),
                () -> assertNotEquals(
                        seal("token").ok(), seal("--staging", "token").ok()));
    }

    /// Strict scope: the name is part of the seal, and another Secret can't be made of it.
    @Test
    void sealedValueUnderAnotherName_doesNotOpen() throws IOException {
        var renamed = read("mongo-backup.yaml").replace("name: mongo-backup", "name: mongo-restore");
        Files.writeString(folder.resolve("secrets/mongo-backup.yaml"), renamed);
        assertTrue(seal("check").output().contains("can't open mongo-backup"));
    }

    private Tool.Result seal(String... arguments) {
        return seal(folder, arguments);
    }

    private static Tool.Result seal(Path folder, String... arguments) {
        var command = new java.util.ArrayList<Object>();
        command.add(Manifests.GITOPS.resolve("seal"));
        command.addAll(java.util.List.of(arguments));
        return Tool.BASH.run(
                Map.of(
                        "MARTLET_KEYS",
                        folder.resolve("keys").toString(),
                        "MARTLET_SECRETS",
                        folder.resolve("secrets").toString()),
                command.toArray());
    }

    private Map<String, String> open(String name) {
        var opened = Tool.BASH
                .run(
                        "-c",
                        "kubeseal --recovery-unseal --recovery-private-key %s --format yaml <%s"
                                .formatted(
                                        folder.resolve("keys/tls.key"),
                                        folder.resolve("secrets").resolve(name + ".yaml")))
                .ok();
        var values = new TreeMap<String, String>();
        var document = Kinds.documents(opened).getFirst();
        ((Secret) Kinds.typed(document))
                .getData()
                .forEach((key, value) ->
                        values.put(key, new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
        return values;
    }

    private String read(String file) {
        return Manifests.read(folder.resolve("secrets").resolve(file));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
