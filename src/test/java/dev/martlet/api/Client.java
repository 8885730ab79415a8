package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;

/// Talks to a service like any HTTP client, and checks every answer against `/openapi`.
///
/// ```java
/// Answer answer = client.send("PUT", "/data/a", "{\"n\":1}", "Content-Type", "application/json");
/// ```
final class Client {

    static final String JSON = "application/json";
    static final String NDJSON = "application/x-ndjson";
    static final String MERGE_PATCH = "application/merge-patch+json";

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration NEVER_HANGS = Duration.ofSeconds(60);

    private final IntSupplier port;

    Client(IntSupplier port) {
        this.port = port;
    }

    Answer get(String target, String... headers) {
        return send("GET", target, BodyPublishers.noBody(), headers);
    }

    Answer delete(String target, String... headers) {
        return send("DELETE", target, BodyPublishers.noBody(), headers);
    }

    Answer post(String json, String... headers) {
        return send("POST", "/data", json, with(headers, "Content-Type", JSON));
    }

    Answer put(String target, String json, String... headers) {
        return send("PUT", target, json, with(headers, "Content-Type", JSON));
    }

    Answer patch(String target, String json, String... headers) {
        return send("PATCH", target, json, with(headers, "Content-Type", MERGE_PATCH));
    }

    private static String[] with(String[] headers, String name, String value) {
        String[] more = java.util.Arrays.copyOf(headers, headers.length + 2);
        more[headers.length] = name;
        more[headers.length + 1] = value;
        return more;
    }

    Answer send(String method, String target, String body, String... headers) {
        return send(method, target, BodyPublishers.ofByteArray(body.getBytes(UTF_8)), headers);
    }

    Answer send(String method, String target, byte[] body, String... headers) {
        return send(method, target, BodyPublishers.ofByteArray(body), headers);
    }

    Answer send(String method, String target, BodyPublisher body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port.getAsInt() + target))
                .timeout(NEVER_HANGS)
                .method(method, body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            var response = HTTP.send(request.build(), BodyHandlers.ofByteArray());
            var lowerCase = new HashMap<String, List<String>>();
            response.headers().map().forEach((name, values) -> lowerCase.put(name.toLowerCase(Locale.ROOT), values));
            var answer = new Answer(response.statusCode(), lowerCase, response.body(), true);
            Described.check(method, target, answer);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + target, e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    Wire wire() {
        return Wire.to(port.getAsInt());
    }
}
