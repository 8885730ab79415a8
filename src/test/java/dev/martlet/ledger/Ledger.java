package dev.martlet.ledger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/// A client that keeps the books: it writes documents with ids of its own, notes which writes were acknowledged, and
/// proves afterwards that every one of them is there. It repeats nothing: a failure is a failure.
///
/// On its own, with a JDK 25 and against any service (`API_TOKEN` is sent if set); it ends with status 1 if anything
/// was lost or failed:
///
/// ```
/// java src/test/java/dev/martlet/ledger/Ledger.java http://localhost:8080 60 16
///                                                   URL                   seconds clients
/// ```
///
/// Half of the requests insert, by `POST`; the rest replace (each client a document of its own, with a rising number),
/// read what was acknowledged, change by merge patch, and delete.
public final class Ledger implements AutoCloseable {

    /// What came of it all.
    ///
    /// @param sent         requests
    /// @param failed       of these, without the answer that they should have had
    /// @param failures     how often which failure
    /// @param acknowledged writes
    /// @param lost         acknowledged writes that are not there
    /// @param longestGap   the longest time without an acknowledged write
    /// @param p50          half of the requests took at most this
    /// @param p99          99 in 100 took at most this
    public record Report(
            long sent,
            long failed,
            Map<String, Integer> failures,
            long acknowledged,
            List<String> lost,
            Duration longestGap,
            Duration p50,
            Duration p99) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d requests sent, %d failed %s, %d writes acknowledged, %d lost, longest gap %d ms, p50 %.1f ms, p99 %.1f ms",
                    sent,
                    failed,
                    failures,
                    acknowledged,
                    lost.size(),
                    longestGap.toMillis(),
                    p50.toNanos() / 1e6,
                    p99.toNanos() / 1e6);
        }
    }

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final URI base;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final Duration pause;
    private final List<Thread> clients = new ArrayList<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Long> acknowledgedAt = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
    /// The acknowledged state of each document: its number, which later writes raise.
    private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
    private final Set<String> deleted = ConcurrentHashMap.newKeySet();
    private volatile boolean running = true;

    /// @param base  the service
    /// @param pause between two requests of one client, so that the load stays bounded
    public Ledger(URI base, Duration pause) {
        this.base = base;
        this.pause = pause;
    }

    /// Starts writing with so many clients.
    public Ledger start(int howMany) {
        acknowledgedAt.add(System.nanoTime());
        for (int i = 0; i < howMany; i++) {
            int client = i;
            clients.add(Thread.startVirtualThread(() -> keepTheBooks(client)));
        }
        return this;
    }

    /// Stops writing, looks for everything that was acknowledged, and reports.
    public Report finish() throws Exception {
        running = false;
        for (Thread client : clients) {
            client.join();
        }
        acknowledgedAt.add(System.nanoTime());
        List<String> lost = lost();
        long failed = failures.values().stream().mapToInt(Integer::intValue).sum();
        return new Report(
                sent.get(),
                failed,
                new TreeMap<>(failures),
                acknowledgedAt.size() - 2L,
                lost,
                longestGap(),
                percentile(50),
                percentile(99));
    }

    /// Requests that failed so far.
    public Map<String, Integer> failures() {
        return failures;
    }

    /// Stops writing.
    @Override
    public void close() {
        running = false;
        http.shutdownNow();
    }

    private void keepTheBooks(int client) {
        String counter = run + "-counter-" + client;
        List<String> mine = new ArrayList<>();
        for (int i = 0; running; i++) {
            String some =
                    mine.isEmpty() ? "" : mine.get(ThreadLocalRandom.current().nextInt(mine.size()));
            switch (some.isEmpty() ? 0 : i % 10) {
                case 1, 6 ->
                    write(
                            counter,
                            i,
                            request("/data/" + counter, "application/json").PUT(document(i)),
                            200,
                            201);
                case 3 ->
                    write(
                            some,
                            i,
                            request("/data/" + some, "application/merge-patch+json")
                                    .method("PATCH", BodyPublishers.ofString("{\"number\":" + i + "}")),
                            200);
                case 5, 8 -> send(request("/data/" + some, "").GET(), 200);
                case 9 -> delete(mine.removeFirst());
                default -> {
                    String id = run + "-" + client + "-" + numbers.incrementAndGet();
                    if (write(id, i, request("/data", "application/json").POST(document(i, id)), 201)) {
                        mine.add(id);
                    }
                }
            }
            sleep();
        }
    }

    private void sleep() {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            running = false;
        }
    }

    private HttpRequest.BodyPublisher document(int number) {
        return BodyPublishers.ofString(
                "{\"run\":\"" + run + "\",\"number\":" + number + ",\"text\":\"" + "x".repeat(200) + "\"}");
    }

    private HttpRequest.BodyPublisher document(int number, String id) {
        return BodyPublishers.ofString("{\"_id\":\"" + id + "\",\"run\":\"" + run + "\",\"number\":" + number
                + ",\"text\":\"" + "x".repeat(200) + "\"}");
    }

    private HttpRequest.Builder request(String path, String type) {
        var request = HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(60));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        String token = System.getenv("API_TOKEN");
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private boolean write(String id, int number, HttpRequest.Builder request, int... expected) {
        if (!send(request, expected)) {
            return false;
        }
        acknowledgedAt.add(System.nanoTime());
        acknowledged.put(id, number);
        return true;
    }

    private void delete(String id) {
        Integer number = acknowledged.remove(id);
        if (send(request("/data/" + id, "").DELETE(), 204)) {
            acknowledgedAt.add(System.nanoTime());
            deleted.add(id);
        } else if (number != null && !id.isEmpty()) {
            // Whether it is there cannot be known, and nothing is claimed of it.
            deleted.remove(id);
        }
    }

    private boolean send(HttpRequest.Builder request, int... expected) {
        sent.incrementAndGet();
        long started = System.nanoTime();
        String failure;
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            if (Arrays.stream(expected).anyMatch(status -> status == response.statusCode())) {
                nanos.add(System.nanoTime() - started);
                return true;
            }
            failure = response.request().method() + " " + response.statusCode();
        } catch (IOException e) {
            failure = request.build().method() + " " + e;
        } catch (InterruptedException e) {
            running = false;
            failure = "interrupted";
        }
        failures.merge(failure, 1, Integer::sum);
        return false;
    }

    /// Acknowledged less found, and deleted but found.
    private List<String> lost() throws IOException, InterruptedException {
        var member = Pattern.compile("\"_id\":\"([^\"]*)\".*\"number\":(\\d+)");
        Map<String, Integer> found = new HashMap<>();
        String filter = URLEncoder.encode("{\"run\":\"" + run + "\"}", StandardCharsets.UTF_8);
        HttpRequest listing = request("/data?fields=number&filter=" + filter, "")
                .header("Accept", "application/x-ndjson")
                .GET()
                .build();
        var answer = http.send(listing, BodyHandlers.ofInputStream());
        try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            lines.lines()
                    .map(member::matcher)
                    .filter(java.util.regex.Matcher::find)
                    .forEach(line -> found.put(line.group(1), Integer.valueOf(line.group(2))));
        }
        Set<String> lost = new HashSet<>();
        acknowledged.forEach((id, number) -> {
            if (found.getOrDefault(id, -1) < number) {
                lost.add(id + "=" + number + ", found " + found.get(id));
            }
        });
        deleted.stream().filter(found::containsKey).forEach(id -> lost.add(id + " deleted, but found"));
        return List.copyOf(lost);
    }

    private Duration longestGap() {
        List<Long> times = acknowledgedAt.stream().sorted().toList();
        long longest = 0;
        for (int i = 1; i < times.size(); i++) {
            longest = Math.max(longest, times.get(i) - times.get(i - 1));
        }
        return Duration.ofNanos(longest);
    }

    private Duration percentile(int percent) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        return Duration.ofNanos(sorted.length == 0 ? 0 : sorted[(int) ((long) (sorted.length - 1) * percent / 100)]);
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: java Ledger.java URL SECONDS CLIENTS");
            System.exit(2);
        }
        var ledger = new Ledger(URI.create(args[0]), Duration.ofMillis(10)).start(Integer.parseInt(args[2]));
        Thread.sleep(Duration.ofSeconds(Long.parseLong(args[1])));
        Report report = ledger.finish();
        ledger.close();
        System.out.println(report);
        report.lost().stream().limit(20).forEach(System.out::println);
        System.exit(report.lost().isEmpty() && report.failed() == 0 ? 0 : 1);
    }
}
