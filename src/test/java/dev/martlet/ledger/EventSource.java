package dev.martlet.ledger;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// Watches a stream of server-sent events as a browser does: when the stream ends, it connects again and names the
/// last event that it saw. Unlike a browser it also connects again after an error.
///
/// ```java
/// try (var source = new EventSource(URI.create("http://localhost:8080/data")).open()) {
///     source.events();
/// }
/// ```
public final class EventSource implements AutoCloseable {

    /// One event.
    public record Event(String name, String id, String data) {
        @Override
        public String toString() {
            return name + " " + data;
        }
    }

    private final URI uri;
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> refusals = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger comments = new AtomicInteger();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private volatile String lastId = "";
    private volatile boolean watching;
    private volatile boolean running = true;
    private volatile long retry = 1000;
    private final List<String> block = new ArrayList<>();

    public EventSource(URI uri) {
        this.uri = uri;
    }

    /// Goes on after an event.
    public EventSource after(String id) {
        lastId = id;
        return this;
    }

    /// Begins to watch. Returns when the stream is open.
    public EventSource open() throws InterruptedException {
        Thread.ofVirtual().name("watcher").start(this::watch);
        long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!watching && refusals.isEmpty()) {
            Thread.sleep(5);
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("no stream after 60 s");
            }
        }
        return this;
    }

    public List<Event> events() {
        return List.copyOf(events);
    }

    /// The names and data of all events, a line each.
    public String text() {
        return String.join("\n", events.stream().map(Event::toString).toList());
    }

    public String lastId() {
        return lastId;
    }

    /// How often it has connected.
    public int connections() {
        return connections.get();
    }

    public int comments() {
        return comments.get();
    }

    /// The number of answers that were not a stream.
    public List<String> refusals() {
        return List.copyOf(refusals);
    }

    private void watch() {
        while (running) {
            try {
                HttpRequest.Builder request = HttpRequest.newBuilder(uri).header("Accept", "text/event-stream");
                if (!lastId.isEmpty()) {
                    request.header("Last-Event-ID", lastId);
                }
                String token = System.getenv("API_TOKEN");
                if (token != null) {
                    request.header("Authorization", "Bearer " + token);
                }
                connections.incrementAndGet();
                HttpResponse<Stream<String>> answer = http.send(request.build(), BodyHandlers.ofLines());
                try (Stream<String> lines = answer.body()) {
                    if (answer.statusCode() == 200) {
                        block.clear();
                        lines.forEach(this::line);
                    } else {
                        refusals.add(answer.statusCode() + " " + String.join("\n", lines.toList()));
                    }
                }
            } catch (IOException | RuntimeException e) {
                // It connects again.
            } catch (InterruptedException e) {
                return;
            }
            watching = false;
            try {
                Thread.sleep(retry);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void line(String line) {
        if (!line.isEmpty()) {
            block.add(line);
            return;
        }
        String name = "";
        String id = lastId;
        var data = new ArrayList<String>();
        for (String field : block) {
            int colon = field.indexOf(": ");
            String value = field.substring(colon + 2);
            switch (field.substring(0, colon)) {
                case "event" -> name = value;
                case "id" -> id = value;
                case "data" -> data.add(value);
                case "retry" -> retry = Long.parseLong(value);
                case "" -> comments.incrementAndGet();
                default -> throw new IllegalStateException(field);
            }
        }
        block.clear();
        // In the HTML standard, an id without data counts, although it is no event.
        if (!data.isEmpty()) {
            events.add(new Event(name, id, String.join("\n", data)));
        }
        lastId = id;
        watching = true;
    }

    @Override
    public void close() {
        running = false;
        http.shutdownNow();
    }
}
