package dev.martlet;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Pattern;

/// A service on a port of this machine, and what tests ask it.
///
/// ```java
/// try (var managed = new Endpoint(9090)) {
///     managed.await("/health/ready", 200, Duration.ofSeconds(5));
/// }
/// ```
public class Endpoint implements AutoCloseable {

    private static final Duration NEVER_HANGS = Duration.ofSeconds(60);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    public Endpoint(int port) {
        this.port = port;
    }

    public int port() {
        return port;
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    public HttpResponse<String> post(String json) throws Exception {
        return send(HttpRequest.newBuilder(uri("/data"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    public HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.timeout(NEVER_HANGS).build(), BodyHandlers.ofString());
    }

    public int status(String path) throws Exception {
        return get(path).statusCode();
    }

    /// Waits until a path answers with a status.
    ///
    /// @return how long it took
    public Duration await(String path, int status, Duration most) throws Exception {
        return eventually(
                most, () -> assertEquals(status, status(path), () -> path + " answers something else:\n" + this));
    }

    /// The value of a meter, whatever its tags; 0 if there is none.
    public double meter(String name) throws Exception {
        var line = Pattern.compile("^" + name + "(\\{[^}]*})? (\\S+)$", Pattern.MULTILINE)
                .matcher(get("/metrics").body());
        double sum = 0;
        while (line.find()) {
            sum += Double.parseDouble(line.group(2));
        }
        return sum;
    }

    @Override
    public String toString() {
        return uri("/").toString();
    }

    @Override
    public void close() {
        http.close();
    }
}
