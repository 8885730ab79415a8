package dev.martlet.api;

import dev.martlet.http.Accept;
import dev.martlet.http.Admission;
import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.http.Route;
import dev.martlet.http.SmallJson;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import dev.martlet.json.JsonWriter;
import dev.martlet.json.MergePatch;
import dev.martlet.store.Change;
import dev.martlet.store.Deadline;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.Query;
import dev.martlet.store.Scan;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// What the methods of `/data` and `/data/{id}` do.
final class Documents {

    private static final String NDJSON = "application/x-ndjson";
    private static final String MERGE_PATCH = "application/merge-patch+json";
    private static final HeaderName LINK = HeaderNames.create("Link");
    /// An array is held in memory as a whole; MongoDB takes no more than this in one document, and hardly more in a
    /// message.
    private static final int MOST_ARRAY_BYTES = 16 << 20;
    /// When so much of a listing is ready it is sent: few writes, and a slow reader holds no more than this and a
    /// batch.
    private static final int FLUSH_BYTES = 32 * 1024;

    /// What a listing or an upload holds: up to 2 MiB of documents, and of one of them its JSON in a buffer that has
    /// grown; or, while they come, two of 1 MiB and the driver's copy.
    private static final int STREAM_BYTES = 4 << 20;

    /// What a document costs that is an answer: itself, its JSON in a buffer that has grown, and a copy of that.
    private static final int ANSWER_COPIES = 4;
    /// What is left of it while it is sent: JSON, also compressed.
    private static final int SENT_COPIES = 2;

    private final DocumentStore store;
    private final Bulk bulk;
    private final Idempotency idempotency;
    private final Admission admission;
    private final MemoryBudget budget;
    private final int maxBodyBytes;
    private final Duration timeout;
    private final IntConsumer inserted;

    Documents(DocumentStore store, Limits limits, IntConsumer inserted) {
        this.store = store;
        this.maxBodyBytes = limits.maxBodyBytes();
        this.timeout = limits.requestTimeout();
        this.admission = new Admission(limits.maxConcurrentRequests());
        this.budget = MemoryBudget.halfOfTheHeap(timeout);
        this.inserted = inserted;
        this.idempotency = new Idempotency(store.idempotencyKeys());
        this.bulk = new Bulk(store, idempotency, maxBodyBytes, timeout, inserted);
    }

    Reply post(ServerRequest request) throws IOException {
        String type = Body.mediaType(request);
        return holding(memory -> post(request, type, memory));
    }

    /// Work that takes memory, until its answer has been sent.
    @FunctionalInterface
    private interface Work {
        Reply answer(MemoryBudget.Share memory) throws IOException;
    }

    private Reply holding(Work work) throws IOException {
        var memory = budget.share();
        boolean answered = false;
        try {
            Reply reply = work.answer(memory).holding(memory);
            if (reply.body() instanceof Reply.Body.Bytes(byte[] bytes, String _)) {
                memory.shrinkTo((long) SENT_COPIES * bytes.length);
            }
            answered = true;
            return reply;
        } finally {
            if (!answered) {
                memory.close();
            }
        }
    }

    private Reply post(ServerRequest request, String type, MemoryBudget.Share memory) throws IOException {
        return switch (type) {
            case Reply.JSON -> postJson(request, memory);
            case NDJSON -> postLines(request, memory);
            default ->
                throw Body.unsupported(
                        (type.isEmpty()
                                        ? "No Content-Type is given"
                                        : "Content-Type `" + type + "` is not supported here")
                                + ": send `Content-Type: application/json`, or `application/x-ndjson` for one document a line.");
        };
    }

    private Reply postLines(ServerRequest request, MemoryBudget.Share memory) throws IOException {
        try (var _ = admission.stream()) {
            memory.await(STREAM_BYTES);
            return bulk.stream(request);
        }
    }

    private Reply postJson(ServerRequest request, MemoryBudget.Share memory) throws IOException {
        byte[] body = Body.read(request, MOST_ARRAY_BYTES, memory);
        boolean array = beginsArray(body);
        if (!array && body.length > maxBodyBytes) {
            throw Body.tooLarge(maxBodyBytes);
        }
        try (var _ = admission.request()) {
            return array ? bulk.array(request, body, deadline()) : insert(request, body, deadline());
        }
    }

    private static boolean beginsArray(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '[';
            }
        }
        return false;
    }

    private Reply insert(ServerRequest request, byte[] body, Deadline deadline) {
        Once once = idempotency.claim(
                request, id -> List.of(JsonReader.document(body, 0, body.length, () -> id)), deadline);
        RawBsonDocument document = JsonReader.document(body, 0, body.length, once::id);
        BsonValue id = DocumentStore.id(document);
        if (!once.done()) {
            if (!store.insert(document, deadline) && !once.storedBefore(store, document, deadline)) {
                throw taken(id);
            }
            idempotency.done(once, deadline);
            inserted.accept(1);
        }
        String text = Listing.text(id);
        return Reply.json(Status.CREATED_201, id.isObjectId() ? created(text) : SmallJson.of(answer("id", text)))
                .with(HeaderNames.LOCATION, location(text))
                .etag(Conditions.etag(document));
    }

    /// The usual answer, without the detour over a generator.
    private static byte[] created(String hex) {
        return ("{\"status\":\"Data inserted\",\"id\":\"" + hex + "\"}").getBytes(StandardCharsets.ISO_8859_1);
    }

    static Map<String, Object> answer(String name, Object value) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", "Data inserted");
        answer.put(name, value);
        return answer;
    }

    static Problem taken(BsonValue id) {
        return Problem.of(
                Status.CONFLICT_409,
                "A document with the _id `" + Listing.text(id) + "` exists: "
                        + "replace it with PUT /data/{id}, or leave `_id` away to get a new one.");
    }

    private static String location(String id) {
        return "/data/" + java.net.URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }

    Reply list(ServerRequest request) {
        String type = Accept.best(request, Reply.JSON, NDJSON);
        Listing listing = Listing.of(request);
        Optional<BsonValue> end = listing.paged() ? pageEnd(listing.query()) : Optional.empty();
        Query page = end.map(listing.query()::upTo).orElse(listing.query());
        Reply reply =
                Reply.stream(type, out -> write(page, type.equals(NDJSON), out)).with(HeaderNames.VARY, "Accept");
        return end.map(last -> reply.with(LINK, "<" + Listing.next(request, last) + ">; rel=\"next\""))
                .orElse(reply);
    }

    private Optional<BsonValue> pageEnd(Query query) {
        try (var _ = admission.request()) {
            return store.pageEnd(query, timeout);
        }
    }

    private void write(Query query, boolean lines, OutputStream out) throws IOException {
        var json = new JsonWriter();
        try (var _ = admission.stream();
                var memory = budget.share();
                Scan scan = store.scan(query, timeout)) {
            memory.await(STREAM_BYTES);
            if (!lines) {
                json.raw((byte) '[');
            }
            boolean first = true;
            for (var document = scan.next(); document != null; document = scan.next()) {
                if (!lines && !first) {
                    json.raw((byte) ',');
                }
                first = false;
                json.document(document);
                if (lines) {
                    json.raw((byte) '\n');
                }
                if (json.size() >= FLUSH_BYTES) {
                    json.drainTo(out);
                }
            }
            if (!lines) {
                json.raw((byte) ']');
            }
        }
        json.drainTo(out);
    }

    Reply get(ServerRequest request) throws IOException {
        Accept.best(request, Reply.JSON);
        BsonValue id = id(request);
        return holding(memory -> {
            Optional<Reply> reply = read(request, id, memory);
            while (reply.isEmpty()) {
                // Without the document, and outside of admission: whoever waits takes nothing from anybody.
                memory.awaitRefused();
                reply = read(request, id, memory);
            }
            return reply.get();
        });
    }

    private Optional<Reply> read(ServerRequest request, BsonValue id, MemoryBudget.Share memory) {
        try (var _ = admission.request()) {
            return find(request, id, memory);
        }
    }

    /// Empty when there is no memory for the document at present.
    private Optional<Reply> find(ServerRequest request, BsonValue id, MemoryBudget.Share memory) {
        RawBsonDocument document = store.find(id, deadline()).orElseThrow(() -> missing(id));
        if (!Conditions.matches(request, document)) {
            throw refused();
        }
        if (Conditions.notModified(request, document)) {
            return Optional.of(Reply.of(Status.NOT_MODIFIED_304).etag(Conditions.etag(document)));
        }
        return memory.tryGrowTo(cost(document)) ? Optional.of(document(Status.OK_200, document)) : Optional.empty();
    }

    private static long cost(RawBsonDocument document) {
        return (long) ANSWER_COPIES * document.getByteLength();
    }

    private static byte[] json(RawBsonDocument document) {
        var json = new JsonWriter();
        json.document(document);
        return json.toByteArray();
    }

    private static Reply document(Status status, RawBsonDocument document) {
        return Reply.json(status, json(document)).etag(Conditions.etag(document));
    }

    Reply put(ServerRequest request) throws IOException {
        Body.requireType(request, Reply.JSON);
        return holding(memory -> put(request, Body.read(request, maxBodyBytes, memory)));
    }

    private Reply put(ServerRequest request, byte[] body) {
        try (var _ = admission.request()) {
            BsonValue id = id(request);
            RawBsonDocument document = JsonReader.document(body, 0, body.length, id);
            return written(
                    id,
                    Conditions.of(request)
                            .map(condition -> store.putIf(condition, document, deadline()))
                            .orElseGet(() -> store.put(document, deadline())));
        }
    }

    Reply patch(ServerRequest request) throws IOException {
        Body.requireType(request, MERGE_PATCH);
        return holding(memory -> patch(request, Body.read(request, maxBodyBytes, memory), memory));
    }

    private Reply patch(ServerRequest request, byte[] body, MemoryBudget.Share memory) {
        try (var _ = admission.request()) {
            MergePatch patch = MergePatch.parse(body, 0, body.length);
            BsonValue id = id(request);
            Predicate<Optional<RawBsonDocument>> condition =
                    Conditions.of(request).orElse(document -> true);
            return written(id, store.change(id, condition, document -> patched(patch, document, memory), deadline()));
        }
    }

    /// Takes the memory for the answer while nothing is stored yet, and without waiting, which would keep a turn at
    /// the database.
    private static RawBsonDocument patched(MergePatch patch, RawBsonDocument document, MemoryBudget.Share memory) {
        RawBsonDocument patched = patch.apply(document);
        if (!memory.tryGrowTo(cost(patched))) {
            throw MemoryBudget.tooMuch();
        }
        return patched;
    }

    Reply delete(ServerRequest request) {
        BsonValue id = id(request);
        try (var _ = admission.request()) {
            return written(
                    id,
                    Conditions.of(request)
                            .map(condition -> store.deleteIf(id, condition, deadline()))
                            .orElseGet(() -> store.delete(id, deadline())));
        }
    }

    private static Reply written(BsonValue id, Change change) {
        return switch (change) {
            case Change.Created(RawBsonDocument document) ->
                document(Status.CREATED_201, document).with(HeaderNames.LOCATION, location(Listing.text(id)));
            case Change.Replaced(RawBsonDocument document) -> document(Status.OK_200, document);
            case Change.Deleted() -> Reply.of(Status.NO_CONTENT_204);
            case Change.Missing() -> throw missing(id);
            case Change.Refused() -> throw refused();
        };
    }

    private static Problem refused() {
        return Problem.preconditionFailed(
                "The document is not, or no longer, what If-Match or If-None-Match demands: GET it, and try again with its ETag.");
    }

    private static Problem missing(BsonValue id) {
        return Problem.notFound(
                "There is no document with the _id `" + Listing.text(id) + "`: GET /data lists what there is.");
    }

    private static BsonValue id(ServerRequest request) {
        return DocumentId.parse(Route.parameter(request));
    }

    private Deadline deadline() {
        return Deadline.in(timeout);
    }
}
