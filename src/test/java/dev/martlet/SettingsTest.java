package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Settings.LogFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {

    private static final String URI = "mongodb://a.example,b.example/app?replicaSet=rs0";

    @Test
    void defaults_areTheDocumentedOnes() {
        assertEquals(
                new Settings(
                        Optional.empty(),
                        8080,
                        8080,
                        Optional.empty(),
                        Optional.empty(),
                        "martlet",
                        "data",
                        Optional.empty(),
                        Path.of("data"),
                        1_048_576,
                        512,
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(20),
                        Optional.empty(),
                        LogFormat.TEXT,
                        false,
                        Optional.empty(),
                        "development",
                        Map.of()),
                Settings.from(Map.of()));
    }

    @Test
    void everyVariable_isRead() {
        var environment = Map.ofEntries(
                Map.entry("HOST", "h"),
                Map.entry("PORT", "1"),
                Map.entry("MANAGEMENT_PORT", "2"),
                Map.entry("MONGODB_URI", URI + "&tls=true&authMechanism=SCRAM-SHA-256"),
                Map.entry("MONGO_TLS_CA_FILE", "/tmp/ca.pem"),
                Map.entry("MONGO_USERNAME", "u"),
                Map.entry("MONGO_PASSWORD", "p"),
                Map.entry("MONGO_DATABASE", "d"),
                Map.entry("MONGO_COLLECTION", "c"),
                Map.entry("DATA_DIR", "/tmp/x"),
                Map.entry("MAX_BODY_BYTES", "3"),
                Map.entry("MAX_CONCURRENT_REQUESTS", "4"),
                Map.entry("REQUEST_TIMEOUT", "PT5S"),
                Map.entry("SHUTDOWN_GRACE", "PT6S"),
                Map.entry("API_TOKEN", "t"),
                Map.entry("LOG_FORMAT", "json"),
                Map.entry("ACCESS_LOG", "true"),
                Map.entry("SERVED_BY", "s"),
                Map.entry("MARTLET_VERSION", "v"),
                Map.entry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
                Map.entry("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                Map.entry("OTEL_SERVICE_NAME", "n"));

        assertEquals(
                new Settings(
                        Optional.of("h"),
                        1,
                        2,
                        Optional.of(URI + "&tls=true&authMechanism=SCRAM-SHA-256"),
                        Optional.of(new Credentials("u", "p")),
                        "d",
                        "c",
                        Optional.of(Path.of("/tmp/ca.pem")),
                        Path.of("/tmp/x"),
                        3,
                        4,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(6),
                        Optional.of("t"),
                        LogFormat.JSON,
                        true,
                        Optional.of("s"),
                        "v",
                        Map.of(
                                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318",
                                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                                "OTEL_SERVICE_NAME", "n")),
                Settings.from(environment));
    }

    @Test
    void page_documentsExactlyTheVariablesThatAreRead() throws IOException {
        var documented = new TreeMap<String, Boolean>();
        var row = Pattern.compile(
                "^\\| `([A-Z_]+)`((?:, `[A-Z_]+`)*)( \\(each also as `…_FILE`\\)| \\(also `…_FILE`\\))? \\|.*");
        for (String line : Files.readAllLines(Path.of("src/site/markdown/settings.md"))) {
            var match = row.matcher(line);
            if (match.matches()) {
                for (String name :
                        (match.group(1) + match.group(2)).replace("`", "").split(", ", -1)) {
                    documented.put(name, match.group(3) != null);
                }
            }
        }
        var expected = new TreeSet<String>();
        documented.forEach((name, file) -> {
            expected.add(name);
            if (file) {
                expected.add(name + "_FILE");
            }
        });

        assertEquals(expected, variablesRead());
    }

    static Set<String> variablesRead() {
        var read = new TreeSet<String>();
        Settings.from(new AbstractMap<>() {
            @Override
            public String get(Object name) {
                read.add((String) name);
                return "";
            }

            @Override
            public Set<Map.Entry<String, String>> entrySet() {
                return Set.of();
            }
        });
        return read;
    }

    @Test
    void emptyVariable_countsAsUnset() {
        assertEquals(
                Settings.from(Map.of()),
                Settings.from(Map.of("PORT", "", "MONGODB_URI", "", "API_TOKEN", "", "API_TOKEN_FILE", "")));
    }

    @Test
    void managementPort_followsPort() {
        assertEquals(9999, Settings.from(Map.of("PORT", "9999")).managementPort());
    }

    @Test
    void database_isTheUris_unlessSet() {
        assertEquals("app", Settings.from(Map.of("MONGODB_URI", URI)).mongoDatabase());
        assertEquals(
                "other",
                Settings.from(Map.of("MONGODB_URI", URI, "MONGO_DATABASE", "other"))
                        .mongoDatabase());
        assertEquals(
                "martlet",
                Settings.from(Map.of("MONGODB_URI", "mongodb://a.example")).mongoDatabase());
    }

    @Test
    void secretFile_isReadWithoutItsLastLineBreak(@TempDir Path folder) throws IOException {
        Path username = Files.writeString(folder.resolve("username"), "user\n");
        Path password = Files.writeString(folder.resolve("password"), " @:/%${} \r\n");

        var settings = Settings.from(Map.of(
                "MONGODB_URI",
                URI,
                "MONGO_USERNAME_FILE",
                username.toString(),
                "MONGO_PASSWORD_FILE",
                password.toString()));

        assertEquals(Optional.of(new Credentials("user", " @:/%${} ")), settings.credentials());
    }

    @Test
    void secretFile_empty_isRefused(@TempDir Path folder) throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "\n");

        assertRefused(
                "API_TOKEN_FILE=" + token + " is empty: write the value into it, or unset the variable",
                Map.of("API_TOKEN_FILE", token.toString()));
    }

    @Test
    void onlyThisMachineReachesTheService_unlessOneSaysOtherwise() {
        assertTrue(Settings.from(Map.of()).onlyHere());
        assertFalse(Settings.from(Map.of("HOST", "0.0.0.0")).onlyHere());
        assertFalse(Settings.from(Map.of("API_TOKEN", "t")).onlyHere());
        assertFalse(Settings.from(Map.of("MONGODB_URI", URI)).onlyHere());
    }

    @Test
    void credentials_hideThePassword() {
        assertFalse(new Credentials("user", "hunter2").toString().contains("hunter2"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PORT                    | http             | PORT=http is not valid: give a whole number from 0 to 65535
            PORT                    | 65536            | PORT=65536 is not valid: give a whole number from 0 to 65535
            MANAGEMENT_PORT         | -1               | MANAGEMENT_PORT=-1 is not valid: give a whole number from 0 to 65535
            MONGODB_URI             | localhost        | MONGODB_URI does not start with mongodb:// or mongodb+srv://: give a MongoDB connection string
            MONGODB_URI             | mongodb://h/?w=1 | MONGODB_URI sets w other than majority, so that an acknowledged write could be lost: omit that option
            MONGODB_URI             | mongodb://h/?readPreference=secondary | MONGODB_URI sets readPreference other than primary, so that what was POSTed might not be what is GET: omit that option
            MONGO_TLS_CA_FILE       | /tmp/ca.pem      | MONGO_TLS_CA_FILE is set but MONGODB_URI does not ask for TLS: add tls=true to it
            MONGODB_URI             | mongodb://u:p@ss@h | MONGODB_URI is not a valid MongoDB connection string: percent-encode special characters, or give the credentials as MONGO_USERNAME and MONGO_PASSWORD
            MONGO_USERNAME          | u                | MONGO_USERNAME is set but MONGO_PASSWORD is not: set both or neither
            MONGO_PASSWORD          | p                | MONGO_PASSWORD is set but MONGO_USERNAME is not: set both or neither
            MONGO_PASSWORD_FILE     | /nowhere         | MONGO_PASSWORD_FILE=/nowhere cannot be read: give a UTF-8 text file that this process may read
            MONGO_DATABASE          | a/b              | MONGO_DATABASE=a/b is not a name that MongoDB allows: use letters, digits, `-` and `_`
            MONGO_COLLECTION        | system.users     | MONGO_COLLECTION=system.users is reserved by MongoDB: use a name without `$` that does not begin with `system.`
            MONGO_COLLECTION        | a$b              | MONGO_COLLECTION=a$b is reserved by MongoDB: use a name without `$` that does not begin with `system.`
            MAX_BODY_BYTES          | 0                | MAX_BODY_BYTES=0 is not valid: give a whole number from 1 to 15728640
            MAX_CONCURRENT_REQUESTS | many             | MAX_CONCURRENT_REQUESTS=many is not valid: give a whole number from 1 to 100000
            REQUEST_TIMEOUT         | 15s              | REQUEST_TIMEOUT=15s is not valid: give an ISO 8601 duration from PT0.001S to P1D, such as PT15S
            SHUTDOWN_GRACE          | PT0S             | SHUTDOWN_GRACE=PT0S is not valid: give an ISO 8601 duration from PT0.001S to P1D, such as PT15S
            API_TOKEN               | a b              | API_TOKEN holds a character that a bearer token cannot have: use letters, digits and -._~+/
            LOG_FORMAT              | xml              | LOG_FORMAT=xml is not valid: give `text` or `json`
            OTEL_EXPORTER_OTLP_ENDPOINT | collector:4318 | OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318 is not an http(s) URL: give the collector's, such as http://collector:4318
            ACCESS_LOG              | yes              | ACCESS_LOG=yes is not valid: give `true` or `false`
            SERVED_BY               | a b              | SERVED_BY cannot be sent in a header: use at most 200 ASCII letters, digits and signs, without spaces
            MARTLET_VERSION         | ä                | MARTLET_VERSION cannot be sent in a header: use at most 200 ASCII letters, digits and signs, without spaces
            """)
    void wrongValue_isRefusedWithItsCure(String variable, String value, String message) {
        assertRefused(message, Map.of(variable, value));
    }

    @Test
    void contradictions_areRefused() {
        assertRefused(
                "MONGO_USERNAME is set but MONGODB_URI is not: name the database, or unset it to use the embedded one",
                Map.of("MONGO_USERNAME", "u", "MONGO_PASSWORD", "p"));
        assertRefused(
                "MONGODB_URI and MONGO_USERNAME both name a user: keep one of them",
                Map.of("MONGODB_URI", "mongodb://a:b@h/", "MONGO_USERNAME", "u", "MONGO_PASSWORD", "p"));
        assertRefused(
                "API_TOKEN and API_TOKEN_FILE are both set: keep one of them",
                Map.of("API_TOKEN", "t", "API_TOKEN_FILE", "/x"));
    }

    @Test
    void telemetry_withoutAnEndpoint_isOff() {
        assertEquals(Map.of(), Settings.from(Map.of("OTEL_SERVICE_NAME", "n")).telemetry());
    }

    @Test
    void telemetry_byGrpc_isRefused() {
        assertRefused(
                "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not spoken here: use http/protobuf, whose port at a collector is 4318 as a rule",
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));
    }

    private static void assertRefused(String message, Map<String, String> environment) {
        assertEquals(
                message,
                assertThrows(SettingException.class, () -> Settings.from(environment))
                        .getMessage());
    }
}
