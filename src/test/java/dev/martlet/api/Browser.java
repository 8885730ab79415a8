package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.json.JsonReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;

/// Chromium without a window, driven by its DevTools protocol.
///
/// ```java
/// try (Browser browser = Browser.open("http://localhost:8080/")) {
///     browser.until("document.title === 'Martlet'");
/// }
/// ```
final class Browser implements AutoCloseable {

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final long PATIENCE_SECONDS = 30;

    private final Process process;
    private final BlockingQueue<BsonDocument> answers = new LinkedBlockingQueue<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private int calls;

    private Browser(Process process, String url) throws IOException, InterruptedException {
        this.process = process;
        URI target = URI.create("http://" + devTools(process) + "/json/new?" + url);
        String page = http.send(
                        HttpRequest.newBuilder(target)
                                .method("PUT", HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        socket = http.newWebSocketBuilder()
                .buildAsync(
                        URI.create(JsonReader.query(page)
                                .getString("webSocketDebuggerUrl")
                                .getValue()),
                        new Listener())
                .join();
        call("Log.enable", "{}");
        until("location.protocol === 'http:' && document.readyState === 'complete'");
    }

    /// The path of an installed Chromium, or null.
    static @Nullable Path installed() {
        for (String folder :
                Map.copyOf(System.getenv()).getOrDefault("PATH", "").split(":", -1)) {
            for (String name : NAMES) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return Path.of(folder, name);
                }
            }
        }
        return null;
    }

    static Browser open(Path chromium, Path profile, String url) throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        chromium.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--remote-allow-origins=*",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .start();
        try {
            return new Browser(process, url);
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static String devTools(Process process) throws IOException {
        BufferedReader errors = process.errorReader(UTF_8);
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
            if (line.startsWith("DevTools listening on ws://")) {
                Thread.startVirtualThread(() -> errors.lines().forEach(ignored -> {}));
                return line.substring("DevTools listening on ws://".length()).split("/", 2)[0];
            }
        }
        throw new IOException("Chromium ended at once");
    }

    /// What an expression, or the promise that it is, gives: a text.
    String eval(String expression) throws InterruptedException {
        String text = new BsonDocument("expression", new BsonString("Promise.resolve(" + expression + ").then(String)"))
                .toJson();
        BsonDocument answer = call(
                "Runtime.evaluate",
                text.substring(0, text.length() - 1) + ",\"awaitPromise\":true,\"returnByValue\":true}");
        BsonDocument result = answer.getDocument("result").getDocument("result");
        if (answer.getDocument("result").containsKey("exceptionDetails") || !result.isString("value")) {
            throw new AssertionError(expression + " gives " + answer);
        }
        return result.getString("value").getValue();
    }

    /// Waits until a condition holds.
    void until(String condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!eval(condition).equals("true")) {
            if (System.nanoTime() > end) {
                throw new AssertionError("never: " + condition + "\n" + eval("document.body.innerText"));
            }
            Thread.sleep(50);
        }
    }

    /// What the browser has complained of: policies violated, scripts failed.
    List<String> complaints() {
        return complaints;
    }

    private BsonDocument call(String method, String parameters) throws InterruptedException {
        int id = ++calls;
        socket.sendText("{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}", true)
                .join();
        while (true) {
            BsonDocument answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (answer == null) {
                throw new AssertionError("Chromium does not answer " + method + " " + parameters);
            }
            if (answer.getInt32("id").getValue() == id) {
                return answer;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.abort();
        http.close();
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                BsonDocument whole = JsonReader.query(message.toString());
                message.setLength(0);
                if (whole.containsKey("id")) {
                    answers.add(whole);
                } else if (whole.getString("method").getValue().equals("Log.entryAdded")) {
                    complaints.add(whole.getDocument("params")
                            .getDocument("entry")
                            .getString("text")
                            .getValue());
                }
            }
            webSocket.request(1);
            return null;
        }
    }
}
