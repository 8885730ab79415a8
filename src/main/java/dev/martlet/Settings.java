package dev.martlet;

import com.mongodb.ConnectionString;
import com.mongodb.MongoNamespace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Everything that can be set from outside: each environment variable with its default and its check.
///
/// ```java
/// Settings settings = Settings.from(System.getenv());
/// ```
///
/// An empty variable counts as unset. A secret may be given as a file: `API_TOKEN_FILE` names the file that
/// holds the value of `API_TOKEN`. One line break at its end is ignored.
///
/// @param port                  `PORT`: HTTP; 0 takes a free one
/// @param host                  `HOST`: where to listen; empty means all interfaces, or loopback alone: see
///     [#onlyHere]
/// @param managementPort        `MANAGEMENT_PORT`: where health and metrics answer; equal to `port` unless set
/// @param mongodbUri            `MONGODB_URI`: the database; empty means the embedded one
/// @param credentials           `MONGO_USERNAME` and `MONGO_PASSWORD`, kept apart from the URI so that the URI is
///              no secret
/// @param mongoDatabase         `MONGO_DATABASE`; the URI's, else `martlet`
/// @param mongoCollection       `MONGO_COLLECTION`
/// @param mongoTlsCaFile        `MONGO_TLS_CA_FILE`: certificates of a private authority, in PEM
/// @param dataDir               `DATA_DIR`: where the embedded database keeps its file
/// @param maxBodyBytes          `MAX_BODY_BYTES`: the largest document, merge patch or NDJSON line
/// @param maxConcurrentRequests `MAX_CONCURRENT_REQUESTS`: `/data` requests at once, and half as many streams; more
///              are answered 503
/// @param requestTimeout        `REQUEST_TIMEOUT`: for receiving a body, and for the database part of a request
/// @param shutdownGrace         `SHUTDOWN_GRACE`: how long requests in flight may take after SIGTERM
/// @param apiToken              `API_TOKEN`: the bearer token that `/data` demands; empty means open
/// @param logFormat             `LOG_FORMAT`: `text` or `json`
/// @param accessLog             `ACCESS_LOG`: a line in the log for each request
/// @param servedBy              `SERVED_BY`: the name of this instance, which is then in every answer
/// @param version               `MARTLET_VERSION`: the tag of the image; otherwise the version of the jar
/// @param telemetry             the `OTEL_` variables; empty if `OTEL_EXPORTER_OTLP_ENDPOINT` is not set
record Settings(
        Optional<String> host,
        int port,
        int managementPort,
        Optional<String> mongodbUri,
        Optional<Credentials> credentials,
        String mongoDatabase,
        String mongoCollection,
        Optional<Path> mongoTlsCaFile,
        Path dataDir,
        int maxBodyBytes,
        int maxConcurrentRequests,
        Duration requestTimeout,
        Duration shutdownGrace,
        Optional<String> apiToken,
        LogFormat logFormat,
        boolean accessLog,
        Optional<String> servedBy,
        String version,
        Map<String, String> telemetry) {

    private static final String OTLP = "http/protobuf";

    enum LogFormat {
        TEXT,
        JSON
    }

    /// Reads and checks every setting.
    ///
    /// @throws SettingException for the first value that is wrong, or contradicts another
    static Settings from(Map<String, String> environment) {
        var read = new Variables(environment);
        int port = read.number("PORT", 8080, 0, 65_535);
        Optional<Credentials> credentials = credentials(read);
        Optional<ConnectionString> uri = read.text("MONGODB_URI").map(text -> connectionString(text, credentials));
        return new Settings(
                read.text("HOST"),
                port,
                read.number("MANAGEMENT_PORT", port, 0, 65_535),
                read.text("MONGODB_URI"),
                credentials,
                read.text("MONGO_DATABASE")
                        .or(() -> uri.map(ConnectionString::getDatabase))
                        .map(Settings::databaseName)
                        .orElse("martlet"),
                collectionName(read.text("MONGO_COLLECTION").orElse("data")),
                tlsCaFile(read, uri),
                read.parsed("DATA_DIR", Path.of("data"), Path::of, "a path of a folder"),
                // A document of more than 15 MiB of JSON might not fit into MongoDB's 16 MiB of BSON.
                read.number("MAX_BODY_BYTES", 1 << 20, 1, 15 << 20),
                read.number("MAX_CONCURRENT_REQUESTS", 512, 1, 100_000),
                read.duration("REQUEST_TIMEOUT", Duration.ofSeconds(15)),
                read.duration("SHUTDOWN_GRACE", Duration.ofSeconds(20)),
                read.secret("API_TOKEN").map(Settings::token),
                read.parsed("LOG_FORMAT", LogFormat.TEXT, Settings::logFormat, "`text` or `json`"),
                read.parsed("ACCESS_LOG", false, Settings::yesOrNo, "`true` or `false`"),
                read.text("SERVED_BY").map(name -> word("SERVED_BY", name)),
                read.text("MARTLET_VERSION")
                        .map(version -> word("MARTLET_VERSION", version))
                        .orElseGet(Settings::ownVersion),
                telemetry(read));
    }

    /// Whether only this machine should reach the service: with the embedded database, without a token, and without
    /// `HOST`.
    boolean onlyHere() {
        return host.isEmpty() && mongodbUri.isEmpty() && apiToken.isEmpty();
    }

    private static ConnectionString connectionString(String uri, Optional<Credentials> credentials) {
        if (!uri.startsWith("mongodb://") && !uri.startsWith("mongodb+srv://")) {
            // The value is not in the message, because it may hold a password.
            throw new SettingException(
                    "MONGODB_URI does not start with mongodb:// or mongodb+srv://: give a MongoDB connection string");
        }
        try {
            if (credentials.isPresent() && uri.contains("@")) {
                throw new SettingException("MONGODB_URI and MONGO_USERNAME both name a user: keep one of them");
            }
            var parsed = new ConnectionString(MongoUri.withCredentials(uri, credentials));
            MongoUri.brokenPromise(parsed).ifPresent(promise -> {
                throw new SettingException("MONGODB_URI sets " + promise + ": omit that option");
            });
            return parsed;
        } catch (IllegalArgumentException e) {
            throw new SettingException(
                    "MONGODB_URI is not a valid MongoDB connection string: "
                            + "percent-encode special characters, or give the credentials as MONGO_USERNAME and MONGO_PASSWORD");
        }
    }

    private static Optional<Credentials> credentials(Variables read) {
        Optional<String> username = read.secret("MONGO_USERNAME");
        Optional<String> password = read.secret("MONGO_PASSWORD");
        if (username.isPresent() != password.isPresent()) {
            throw new SettingException(
                    username.isPresent()
                            ? "MONGO_USERNAME is set but MONGO_PASSWORD is not: set both or neither"
                            : "MONGO_PASSWORD is set but MONGO_USERNAME is not: set both or neither");
        }
        if (username.isPresent() && read.text("MONGODB_URI").isEmpty()) {
            throw new SettingException(
                    "MONGO_USERNAME is set but MONGODB_URI is not: name the database, or unset it to use the embedded one");
        }
        return username.map(name -> new Credentials(name, password.orElseThrow()));
    }

    private static Optional<Path> tlsCaFile(Variables read, Optional<ConnectionString> uri) {
        Optional<String> file = read.text("MONGO_TLS_CA_FILE");
        if (file.isPresent()
                && !uri.map(given -> Boolean.TRUE.equals(given.getSslEnabled())).orElse(false)) {
            throw new SettingException(
                    "MONGO_TLS_CA_FILE is set but MONGODB_URI does not ask for TLS: add tls=true to it");
        }
        return file.map(name -> read.parsed("MONGO_TLS_CA_FILE", Path.of(""), Path::of, "a path of a file"));
    }

    private static String databaseName(String name) {
        return named("MONGO_DATABASE", name, MongoNamespace::checkDatabaseNameValidity);
    }

    private static String collectionName(String name) {
        if (name.startsWith("system.") || name.indexOf('$') >= 0) {
            throw new SettingException("MONGO_COLLECTION=" + name
                    + " is reserved by MongoDB: use a name without `$` that does not begin with `system.`");
        }
        return named("MONGO_COLLECTION", name, MongoNamespace::checkCollectionNameValidity);
    }

    private static String named(String variable, String name, java.util.function.Consumer<String> check) {
        try {
            check.accept(name);
            return name;
        } catch (IllegalArgumentException e) {
            throw new SettingException(
                    variable + "=" + name + " is not a name that MongoDB allows: use letters, digits, `-` and `_`");
        }
    }

    /// [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750#section-2.1), b64token: a client could not send anything
    /// else.
    private static String token(String token) {
        if (!token.lines().allMatch(line -> line.matches("[A-Za-z0-9._~+/-]+=*"))) {
            throw new SettingException(
                    "API_TOKEN holds a character that a bearer token cannot have: use letters, digits and -._~+/");
        }
        return token;
    }

    private static boolean yesOrNo(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    /// Characters that a header can hold, without a space, so that scripts can split the header.
    private static String word(String variable, String word) {
        if (!word.matches("[!-~]{1,200}")) {
            throw new SettingException(variable
                    + " cannot be sent in a header: use at most 200 ASCII letters, digits and signs, without spaces");
        }
        return word;
    }

    private static String ownVersion() {
        return Optional.ofNullable(Settings.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    private static Map<String, String> telemetry(Variables read) {
        Optional<String> endpoint = read.text("OTEL_EXPORTER_OTLP_ENDPOINT");
        String protocol = read.text("OTEL_EXPORTER_OTLP_PROTOCOL").orElse(OTLP);
        if (endpoint.isEmpty()) {
            return Map.of();
        }
        if (!endpoint.get().matches("https?://[^/?#]+.*")) {
            throw new SettingException("OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint.get()
                    + " is not an http(s) URL: give the collector's, such as http://collector:4318");
        }
        if (!protocol.equals(OTLP)) {
            throw new SettingException("OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol + " is not spoken here: use " + OTLP
                    + ", whose port at a collector is 4318 as a rule");
        }
        return read.environment().entrySet().stream()
                .filter(variable -> variable.getKey().startsWith("OTEL_")
                        && !variable.getValue().isEmpty())
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static LogFormat logFormat(String name) {
        return switch (name) {
            case "text" -> LogFormat.TEXT;
            case "json" -> LogFormat.JSON;
            default -> throw new IllegalArgumentException(name);
        };
    }
}
