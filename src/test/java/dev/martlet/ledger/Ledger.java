package dev.martlet.ledger;

import java.io.IOException;
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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Pattern;

/// A client that keeps the books. Nobody else writes its documents, so it knows the one right answer to each
/// request. Afterwards it proves that everything is as it was acknowledged, and that nothing else is there. It
/// repeats nothing: a failure is a failure.
///
/// With a JDK 25 it also runs on its own, against any service. It sends `API_TOKEN` if that is set. It ends with
/// status 1 if anything was lost, failed or answered wrongly:
///
/// ```
/// java src/test/java/dev/martlet/ledger/Ledger.java http://localhost:8080 60 16
///                                                   URL                   seconds clients
/// ```
///
/// With [#watching] it also watches: each acknowledged change must be told once, in order, and nothing else.
///
/// It uses every operation of the API, also where the right answer is a refusal: an `_id` that is taken, an old
/// `ETag`, a document that is not there. Each client also reads documents of the others, which must never go back.
public final class Ledger implements AutoCloseable {

    /// The result.
    ///
    /// @param sent         requests
    /// @param failed       requests without an answer, or with one that asks to try later
    /// @param failures     how often each failure happened
    /// @param wrong        answers that are not true, which no fault excuses
    /// @param acknowledged writes
    /// @param lost         acknowledged writes that are not there, or were undone
    /// @param told         changes that the watcher was told of
    /// @param mistold      documents whose acknowledged changes it was not told exactly once and in order
    /// @param longestGap   the longest time without an acknowledged write
    /// @param p50          half of the requests took at most this
    /// @param p99          99 in 100 took at most this
    public record Report(
            long sent,
            long failed,
            Map<String, Integer> failures,
            List<String> wrong,
            long acknowledged,
            List<String> lost,
            int told,
            List<String> mistold,
            Duration longestGap,
            Duration p50,
            Duration p99) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d requests sent, %d failed %s, %d wrong outcomes, %d writes acknowledged, %d lost, "
                            + "%d changes told, %d documents' otherwise, longest gap %d ms, p50 %.1f ms, p99 %.1f ms",
                    sent,
                    failed,
                    failures,
                    wrong.size(),
                    acknowledged,
                    lost.size(),
                    told,
                    mistold.size(),
                    longestGap.toMillis(),
                    p50.toNanos() / 1e6,
                    p99.toNanos() / 1e6);
        }
    }

    private static final Pattern ID = Pattern.compile("\"_id\":\"([^\"]*)\"");
    private static final Pattern STORED = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final Pattern IDS = Pattern.compile("\"ids\":\\[([^\\]]*)]");
    private static final Pattern TOKEN = Pattern.compile("\"token\":\"([^\"]*)\"");
    private static final Pattern NUMBER = Pattern.compile("\"number\":(\\d+)");
    private static final Pattern DETAIL = Pattern.compile("\"detail\":\"([^\"]*)\"");
    private static final String TEXT = "x".repeat(150);
    /// A client that has more documents deletes some.
    private static final int MOST_DOCUMENTS = 50;
    private static final String JSON = "application/json";
    private static final String PATCH = "application/merge-patch+json";
    private static final String OLD_TAG = "\"AAAAAAAAAAAAAAAAAAAAAA\"";

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final URI base;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final Duration pause;
    private final List<Thread> clients = new ArrayList<>();
    private final AtomicLong sent = new AtomicLong();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Long> acknowledgedAt = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
    /// Each document as it was acknowledged last.
    private final Map<String, Document> acknowledged = new ConcurrentHashMap<>();
    private final Set<String> deleted = ConcurrentHashMap.newKeySet();
    /// Ids and tokens that are not checked, because a request about them failed or was answered wrongly.
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();
    /// For each counter, the highest number that any client has seen.
    private final Map<String, Integer> shown = new ConcurrentHashMap<>();
    /// For each document, the acknowledged changes that must be told.
    private final Map<String, List<String>> changes = new ConcurrentHashMap<>();
    private Optional<EventSource> watcher = Optional.empty();
    private volatile boolean running = true;

    /// @param json  the whole document
    /// @param etag  empty while it is not known
    private record Document(String id, String json, String etag) {}

    private record Answer(int status, String body, String etag) {}

    /// @param base  the service
    /// @param pause between two requests of one client, so that the load stays bounded
    public Ledger(URI base, Duration pause) {
        this.base = base;
        this.pause = pause;
    }

    /// Watches what changes, from now on.
    public Ledger watching() throws InterruptedException {
        watcher = Optional.of(new EventSource(base.resolve("/data")).open());
        return this;
    }

    /// Starts writing with this many clients.
    public Ledger start(int howMany) {
        acknowledgedAt.add(System.nanoTime());
        for (int i = 0; i < howMany; i++) {
            var client = new Client(i, howMany);
            clients.add(Thread.startVirtualThread(client::keepTheBooks));
        }
        return this;
    }

    /// Stops writing, and returns when every request has been answered.
    public void stop() throws InterruptedException {
        running = false;
        for (Thread client : clients) {
            client.join();
        }
    }

    /// Stops writing, looks for everything that was acknowledged, and reports.
    public Report finish() throws Exception {
        stop();
        acknowledgedAt.add(System.nanoTime());
        List<String> lost = audit();
        List<String> mistold = mistold();
        long failed = failures.values().stream().mapToInt(Integer::intValue).sum();
        return new Report(
                sent.get(),
                failed,
                new TreeMap<>(failures),
                List.copyOf(wrong),
                acknowledgedAt.size() - 2L,
                lost,
                watcher.map(source -> source.events().size()).orElse(0),
                mistold,
                longestGap(),
                percentile(50),
                percentile(99));
    }

    /// Writes that were acknowledged so far.
    public int acknowledged() {
        return Math.max(0, acknowledgedAt.size() - 1);
    }

    /// Requests that failed so far.
    public Map<String, Integer> failures() {
        return failures;
    }

    /// Stops writing.
    @Override
    public void close() {
        running = false;
        watcher.ifPresent(EventSource::close);
        http.shutdownNow();
    }

    /// One client, and the documents that only it writes.
    private final class Client {

        private final String name;
        private final String counter;
        private final int others;
        private final Random random = new Random();
        private final List<Document> mine = new ArrayList<>();
        private final List<String> gone = new ArrayList<>();
        private int number;
        private boolean counted;

        Client(int number, int others) {
            this.name = run + "-" + number;
            this.counter = run + "-counter-" + number;
            this.others = others;
        }

        void keepTheBooks() {
            while (running) {
                if (mine.size() < 5) {
                    insert();
                } else if (mine.size() > MOST_DOCUMENTS) {
                    delete(some(), "");
                } else {
                    step(random.nextInt(100));
                }
                sleep();
            }
        }

        private void step(int dice) {
            switch (dice / 4) {
                case 0, 1, 2 -> insert();
                case 3 -> insertWithoutId();
                case 4 -> insertTaken();
                case 5 -> insertWithKey();
                case 6 -> insertArray();
                case 7 -> insertArrayWithTaken();
                case 8 -> insertLines();
                case 9, 10 -> count();
                case 11 -> create();
                case 12 -> replace(some(), "");
                case 13 -> replace(known(), "current");
                case 14 -> refuse("PUT", JSON, "{\"run\":\"" + run + "\"}");
                case 15, 16 -> patch(some(), "");
                case 17 -> patch(known(), "current");
                case 18 -> refuse("PATCH", PATCH, "{\"number\":1}");
                case 19 -> changeNothing(some());
                case 20 -> delete(dice % 2 == 0 ? some() : known(), dice % 2 == 0 ? "" : "current");
                case 21 -> refuse("DELETE", "", "");
                case 22 -> read(some());
                case 23 -> lookAtAnother();
                default -> list();
            }
        }

        private String token() {
            return name + "-" + ++number;
        }

        private String json(String id, String token) {
            return "{" + (id.isEmpty() ? "" : "\"_id\":\"" + id + "\",") + "\"run\":\"" + run + "\",\"by\":\"" + name
                    + "\",\"token\":\"" + token + "\",\"number\":" + number + ",\"text\":\"" + TEXT + "\"}";
        }

        private static String withId(String json, String id) {
            return json.startsWith("{\"_id\"") ? json : "{\"_id\":\"" + id + "\"," + json.substring(1);
        }

        private Document some() {
            return mine.get(random.nextInt(mine.size()));
        }

        /// A document whose `ETag` is known. Reads the document if necessary.
        private Document known() {
            Document document = some();
            if (document.etag().isEmpty()) {
                read(document);
            }
            return acknowledged.getOrDefault(document.id(), document);
        }

        // Inserts.

        private void insert() {
            String token = token();
            inserted("POST", request("/data", JSON).POST(BodyPublishers.ofString(json(token, token))), token, token);
        }

        private void insertWithoutId() {
            String token = token();
            inserted(
                    "POST without id",
                    request("/data", JSON).POST(BodyPublishers.ofString(json("", token))),
                    "",
                    token);
        }

        private void inserted(String what, HttpRequest.Builder request, String id, String token) {
            String json = json(id, token);
            Optional<Answer> answer = ask(what, request, 201, id, token);
            answer.ifPresent(created -> {
                String stored = first(STORED, created.body());
                if (!id.isEmpty() && !stored.equals(id)) {
                    wrong(what + " of " + id + " says " + created.body(), id, token);
                } else {
                    acknowledge("inserted", new Document(stored, withId(json, stored), created.etag()));
                }
            });
        }

        /// The same document or another one, under an id that is taken. Both are refused.
        private void insertTaken() {
            Document taken = some();
            String json = random.nextBoolean() ? taken.json() : json(taken.id(), token());
            ask("POST of a taken id", request("/data", JSON).POST(BodyPublishers.ofString(json)), 409, taken.id());
        }

        /// The same document twice. Sometimes also another one with the same key.
        private void insertWithKey() {
            String key = UUID.randomUUID().toString();
            String token = token();
            String id = random.nextBoolean() ? token : "";
            String json = json(id, token);
            Function<String, HttpRequest.Builder> post = body ->
                    request("/data", JSON).header("Idempotency-Key", key).POST(BodyPublishers.ofString(body));
            Optional<Answer> first = ask("POST with a key", post.apply(json), 201, id, token);
            Optional<Answer> second = ask("POST with the same key", post.apply(json), 201, id, token);
            String stored = first.map(answer -> first(STORED, answer.body())).orElse("");
            if (first.isEmpty() || second.isEmpty()) {
                forget(stored);
            } else if (!first.equals(second)) {
                wrong("POST with the same key says " + second + ", not " + first, stored, token);
            } else {
                acknowledge(
                        "inserted",
                        new Document(stored, withId(json, stored), first.get().etag()));
            }
            if (second.isPresent() && random.nextInt(4) == 0) {
                ask("POST with a used key", post.apply(json("", token())), 422, "", token());
            }
        }

        private void insertArray() {
            boolean own = random.nextBoolean();
            List<String> tokens = List.of(token(), token(), token());
            List<String> documents =
                    tokens.stream().map(token -> json(own ? token : "", token)).toList();
            var request = request("/data", JSON).POST(BodyPublishers.ofString(documents.toString()));
            if (random.nextBoolean()) {
                request.header("Idempotency-Key", UUID.randomUUID().toString());
            }
            Optional<Answer> answer = ask("POST of an array", request, 201, tokens.toArray(String[]::new));
            if (answer.isEmpty()) {
                return;
            }
            List<String> ids =
                    List.of(first(IDS, answer.get().body()).replace("\"", "").split(","));
            if (ids.size() != 3 || (own && !ids.equals(tokens))) {
                wrong("POST of an array says " + answer.get().body(), tokens.toArray(String[]::new));
                return;
            }
            for (int i = 0; i < 3; i++) {
                acknowledge("inserted", new Document(ids.get(i), withId(documents.get(i), ids.get(i)), ""));
            }
        }

        /// It is refused as a whole: its other documents are not stored.
        private void insertArrayWithTaken() {
            String taken = some().id();
            List<String> tokens = List.of(token(), token());
            String array = "[" + json(tokens.get(0), tokens.get(0)) + "," + json(taken, token()) + ","
                    + json(tokens.get(1), tokens.get(1)) + "]";
            var request = request("/data", JSON).POST(BodyPublishers.ofString(array));
            if (random.nextBoolean()) {
                request.header("Idempotency-Key", UUID.randomUUID().toString());
            }
            ask("POST of an array with a taken id", request, 409, tokens.get(0), taken, tokens.get(1));
        }

        /// Each line is stored or refused on its own.
        private void insertLines() {
            String taken = some().id();
            List<String> tokens = List.of(token(), token());
            String lines = json(tokens.get(0), tokens.get(0)) + "\n" + json(taken, token()) + "\n"
                    + json(tokens.get(1), tokens.get(1)) + "\n";
            Optional<Answer> answer = ask(
                    "POST of lines",
                    request("/data", "application/x-ndjson").POST(BodyPublishers.ofString(lines)),
                    201,
                    tokens.get(0),
                    taken,
                    tokens.get(1));
            if (answer.isEmpty()) {
                return;
            }
            String counts = answer.get().body();
            if (!counts.contains("\"inserted\":2,\"refused\":1") || !counts.contains("\"line\":2")) {
                wrong("POST of lines says " + counts, tokens.toArray(String[]::new));
                return;
            }
            tokens.forEach(token -> acknowledge("inserted", new Document(token, lineOf(lines, token), "")));
        }

        private static String lineOf(String lines, String id) {
            return lines.lines()
                    .filter(line -> first(ID, line).equals(id))
                    .findFirst()
                    .orElseThrow();
        }

        // Changes.

        private void create() {
            String token = token();
            var request = request("/data/" + token, JSON).PUT(BodyPublishers.ofString(json("", token)));
            boolean only = random.nextBoolean();
            if (only) {
                request.header("If-None-Match", "*");
            }
            changed(
                    only ? "PUT of a new id, If-None-Match" : "PUT of a new id",
                    request,
                    201,
                    token,
                    json(token, token));
        }

        /// The counter's number only rises, and every client may read it.
        private void count() {
            int now = ++number;
            String json = "{\"_id\":\"" + counter + "\",\"run\":\"" + run + "\",\"number\":" + now + "}";
            if (unknown.contains(counter)) {
                return;
            }
            Optional<Answer> answer = ask(
                    counted ? "PUT of the counter" : "PUT of the counter, new",
                    request("/data/" + counter, JSON).PUT(BodyPublishers.ofString(json)),
                    counted ? 200 : 201,
                    counter);
            String change = counted ? "replaced" : "inserted";
            counted = true;
            if (answer.isPresent()) {
                told(change, counter, json);
                acknowledgedAt.add(System.nanoTime());
                acknowledged.put(
                        counter, new Document(counter, json, answer.get().etag()));
                shown.merge(counter, now, Math::max);
            }
        }

        private void replace(Document document, String condition) {
            String json = json(document.id(), token());
            changed(
                    "PUT" + (condition.isEmpty() ? "" : ", If-Match"),
                    matching(document, condition, request("/data/" + document.id(), JSON))
                            .PUT(BodyPublishers.ofString(json)),
                    200,
                    document.id(),
                    json);
        }

        private void patch(Document document, String condition) {
            String json = NUMBER.matcher(document.json()).replaceFirst("\"number\":" + ++number);
            changed(
                    "PATCH" + (condition.isEmpty() ? "" : ", If-Match"),
                    matching(document, condition, request("/data/" + document.id(), PATCH))
                            .method("PATCH", BodyPublishers.ofString("{\"number\":" + number + "}")),
                    200,
                    document.id(),
                    json);
        }

        private void changeNothing(Document document) {
            changed(
                    "PATCH that changes nothing",
                    request("/data/" + document.id(), PATCH)
                            .method(
                                    "PATCH",
                                    BodyPublishers.ofString("{\"number\":" + first(NUMBER, document.json()) + "}")),
                    200,
                    document.id(),
                    document.json());
        }

        private HttpRequest.Builder matching(Document document, String condition, HttpRequest.Builder request) {
            return condition.isEmpty() || document.etag().isEmpty()
                    ? request
                    : request.header("If-Match", document.etag());
        }

        private void changed(String what, HttpRequest.Builder request, int expected, String id, String json) {
            Optional<Answer> answer = ask(what, request, expected, id);
            answer.ifPresent(now -> {
                if (now.body().equals(json)) {
                    Document before = acknowledged.get(id);
                    boolean same = before != null && before.json().equals(json);
                    acknowledge(
                            same ? "" : expected == 201 ? "inserted" : "replaced", new Document(id, json, now.etag()));
                } else {
                    wrong(what + " says " + now.body() + ", not " + json, id);
                }
            });
        }

        private void delete(Document document, String condition) {
            Optional<Answer> answer = ask(
                    "DELETE" + (condition.isEmpty() ? "" : ", If-Match"),
                    matching(document, condition, request("/data/" + document.id(), ""))
                            .DELETE(),
                    204,
                    document.id());
            if (answer.isPresent()) {
                acknowledgedAt.add(System.nanoTime());
                told("deleted", document.id(), "{\"_id\":\"" + document.id() + "\"}");
                mine.removeIf(each -> each.id().equals(document.id()));
                acknowledged.remove(document.id());
                deleted.add(document.id());
                gone.add(document.id());
            }
        }

        /// A document that is missing, or is not as the client thinks, is not changed.
        private void refuse(String method, String type, String body) {
            boolean put = method.equals("PUT");
            boolean missing = !gone.isEmpty() && random.nextBoolean();
            boolean exists = !missing && put && random.nextBoolean();
            String id = missing ? gone.get(random.nextInt(gone.size())) : some().id();
            var request = request("/data/" + id, type).method(method, BodyPublishers.ofString(body));
            if (exists) {
                request.header("If-None-Match", "*");
            } else if (put || !missing) {
                request.header("If-Match", OLD_TAG);
            }
            ask(
                    method + (missing ? " of what is not there" : exists ? ", If-None-Match" : ", If-Match of old"),
                    request,
                    missing && !put ? 404 : 412,
                    id);
        }

        // Reads.

        private void read(Document document) {
            Optional<Answer> answer =
                    ask("GET", request("/data/" + document.id(), "").GET(), 200, document.id());
            if (answer.isEmpty()) {
                return;
            }
            String etag = answer.get().etag();
            if (!answer.get().body().equals(document.json())
                    || !(document.etag().isEmpty() || document.etag().equals(etag))) {
                wrong("GET says " + answer + ", not " + document, document.id());
            } else {
                remember(new Document(document.id(), document.json(), etag));
            }
            if (!gone.isEmpty() && random.nextInt(4) == 0) {
                String id = gone.get(random.nextInt(gone.size()));
                ask("GET of what was deleted", request("/data/" + id, "").GET(), 404, id);
            }
        }

        /// A client that has seen a number never sees a lower one.
        private void lookAtAnother() {
            String other = run + "-counter-" + random.nextInt(others);
            Integer least = shown.get(other);
            if (least == null) {
                return;
            }
            Optional<Answer> answer =
                    ask("GET of a counter", request("/data/" + other, "").GET(), 200);
            if (answer.isPresent()) {
                int now = Integer.parseInt(first(NUMBER, answer.get().body()));
                shown.merge(other, now, Math::max);
                if (now < least) {
                    wrong("GET of a counter says " + now + " after " + least);
                }
            }
        }

        private void list() {
            String filter = URLEncoder.encode("{\"by\":\"" + name + "\"}", StandardCharsets.UTF_8);
            Optional<Answer> answer = ask(
                    "GET of a list",
                    request("/data?filter=" + filter, "")
                            .header("Accept", "application/x-ndjson")
                            .GET(),
                    200);
            if (answer.isEmpty()) {
                return;
            }
            Set<String> expected = new HashSet<>();
            mine.forEach(document -> expected.add(document.json()));
            Set<String> listed = new HashSet<>();
            answer.get().body().lines().filter(line -> !claimsNothing(line)).forEach(listed::add);
            if (!listed.equals(expected)) {
                Set<String> missing = new HashSet<>(expected);
                missing.removeAll(listed);
                listed.removeAll(expected);
                wrong("GET of a list lacks " + missing + " and has " + listed);
                for (String line : missing) {
                    forget(first(ID, line));
                }
                for (String line : listed) {
                    forget(first(ID, line));
                }
            }
        }

        // The books.

        /// @param change what must be told; empty for nothing
        private void acknowledge(String change, Document document) {
            acknowledgedAt.add(System.nanoTime());
            if (!change.isEmpty()) {
                told(change, document.id(), document.json());
            }
            remember(document);
        }

        private void told(String change, String id, String json) {
            changes.computeIfAbsent(id, _ -> new CopyOnWriteArrayList<>()).add(change + " " + json);
        }

        private void remember(Document document) {
            mine.removeIf(each -> each.id().equals(document.id()));
            mine.add(document);
            acknowledged.put(document.id(), document);
        }

        /// @param about ids and tokens that are not checked any more if the answer is not the expected one
        /// @return empty if the answer is not the expected one
        private Optional<Answer> ask(String what, HttpRequest.Builder request, int expected, String... about) {
            Optional<Answer> answer = send(request.build());
            if (answer.isEmpty()) {
                forget(about);
            } else if (answer.get().status() != expected) {
                wrong(
                        what + ": " + answer.get().status() + ", not " + expected + ", "
                                + answer.get().body(),
                        about);
                return Optional.empty();
            }
            return answer;
        }

        private void wrong(String what, String... about) {
            wrong.add(what);
            forget(about);
        }

        private void forget(String... about) {
            for (String each : about) {
                if (!each.isEmpty()) {
                    unknown.add(each);
                    acknowledged.remove(each);
                    gone.remove(each);
                    deleted.remove(each);
                    mine.removeIf(document -> document.id().equals(each));
                }
            }
        }
    }

    private void sleep() {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            running = false;
        }
    }

    private HttpRequest.Builder request(String path, String type) {
        var request = HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(60));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        String token = System.getenv("API_TOKEN");
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    /// Empty if there was no answer, or one that asks to try later.
    private Optional<Answer> send(HttpRequest request) {
        sent.incrementAndGet();
        long started = System.nanoTime();
        String failure;
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            if (response.statusCode() < 500) {
                nanos.add(System.nanoTime() - started);
                return Optional.of(new Answer(
                        response.statusCode(),
                        response.body(),
                        response.headers().firstValue("ETag").orElse("")));
            }
            failure = request.method() + " " + response.statusCode() + " " + first(DETAIL, response.body());
        } catch (IOException e) {
            failure = request.method() + " " + e;
        } catch (InterruptedException e) {
            running = false;
            failure = "interrupted";
        }
        failures.merge(failure, 1, Integer::sum);
        return Optional.empty();
    }

    private static String first(Pattern pattern, String text) {
        var found = pattern.matcher(text);
        return found.find() ? found.group(1) : "";
    }

    private boolean claimsNothing(String line) {
        return unknown.contains(first(ID, line)) || unknown.contains(first(TOKEN, line));
    }

    /// The documents that differ from what was acknowledged. One that should not be there is a wrong outcome.
    private List<String> audit() throws IOException, InterruptedException {
        String filter = URLEncoder.encode("{\"run\":\"" + run + "\"}", StandardCharsets.UTF_8);
        HttpRequest listing = request("/data?filter=" + filter, "")
                .header("Accept", "application/x-ndjson")
                .GET()
                .build();
        Map<String, String> found = new TreeMap<>();
        Set<String> tokens = new HashSet<>();
        var answer = http.send(listing, BodyHandlers.ofLines());
        answer.body().forEach(line -> {
            found.put(first(ID, line), line);
            String token = first(TOKEN, line);
            if (!token.isEmpty() && !tokens.add(token)) {
                wrong.add("stored twice: " + line);
            }
        });
        List<String> lost = new ArrayList<>();
        acknowledged.forEach((id, document) -> {
            if (!document.json().equals(found.get(id))) {
                lost.add(document.json() + ", found " + found.get(id));
            }
        });
        found.forEach((id, line) -> {
            if (deleted.contains(id)) {
                lost.add("deleted, but found: " + line);
            } else if (!acknowledged.containsKey(id) && !claimsNothing(line)) {
                wrong.add("stored, but not acknowledged: " + line);
            }
        });
        Collections.sort(lost);
        return lost;
    }

    /// The documents of which something other than the acknowledged changes was told.
    private List<String> mistold() throws InterruptedException {
        if (watcher.isEmpty()) {
            return List.of();
        }
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        List<Mistold> mistold = compared();
        while (mistold.stream().anyMatch(Mistold::mayBeMended) && System.nanoTime() - until < 0) {
            Thread.sleep(50);
            mistold = compared();
        }
        return mistold.stream().map(Mistold::toString).toList();
    }

    /// @param expected the acknowledged changes of a document
    /// @param seen     what was told so far
    private record Mistold(List<String> expected, List<String> seen) {

        /// Whether what is told later can still make it right.
        boolean mayBeMended() {
            return seen.size() < expected.size() && seen.equals(expected.subList(0, seen.size()));
        }

        @Override
        public String toString() {
            return "acknowledged " + expected + ", told " + seen;
        }
    }

    private List<Mistold> compared() {
        Map<String, List<String>> told = new TreeMap<>();
        for (EventSource.Event event : watcher.orElseThrow().events()) {
            String id = first(ID, event.data());
            boolean ours = changes.containsKey(id) || event.data().contains("\"run\":\"" + run + "\"");
            if (ours && !unknown.contains(id) && !claimsNothing(event.data())) {
                told.computeIfAbsent(id, _ -> new ArrayList<>()).add(event.toString());
            }
        }
        List<Mistold> mistold = new ArrayList<>();
        Set<String> ids = new TreeSet<>(told.keySet());
        ids.addAll(changes.keySet());
        for (String id : ids) {
            List<String> expected = changes.getOrDefault(id, List.of());
            List<String> seen = told.getOrDefault(id, List.of());
            if (!unknown.contains(id) && expected.stream().noneMatch(this::claimsNothing) && !expected.equals(seen)) {
                mistold.add(new Mistold(expected, seen));
            }
        }
        return mistold;
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
        report.lost().stream().limit(20).forEach(each -> System.out.println("lost: " + each));
        report.wrong().stream().limit(20).forEach(each -> System.out.println("wrong: " + each));
        System.exit(report.lost().isEmpty() && report.wrong().isEmpty() && report.failed() == 0 ? 0 : 1);
    }
}
