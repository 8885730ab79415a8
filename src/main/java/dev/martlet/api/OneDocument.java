package dev.martlet.api;

import dev.martlet.http.Accept;
import dev.martlet.http.Admission;
import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.http.Route;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import dev.martlet.json.JsonWriter;
import dev.martlet.json.MergePatch;
import dev.martlet.store.Change;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.Query;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// What the methods of `/data/{id}` do.
final class OneDocument {

    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final DocumentStore store;
    private final Admission admission;
    private final Memory memory;
    private final Limits limits;

    OneDocument(DocumentStore store, Admission admission, Memory memory, Limits limits) {
        this.store = store;
        this.admission = admission;
        this.memory = memory;
        this.limits = limits;
    }

    Reply get(ServerRequest request) throws IOException {
        requireNothingElse(request, Set.of("by"));
        Accept.best(request, Reply.JSON);
        BsonValue id = id(request);
        return memory.holding(share -> Memory.sized(
                admission, share, Memory.ANSWER_COPIES + Memory.READ_COPIES, most -> find(request, id, most, share)));
    }

    private Reply find(ServerRequest request, BsonValue id, int most, MemoryBudget.Share share) {
        RawBsonDocument document = store.find(id, most, limits.deadline()).orElseThrow(() -> missing(id));
        if (!Conditions.matches(request, document)) {
            throw Conditions.failed(request, Inserted.shown(id), Optional.of(document));
        }
        if (Conditions.notModified(request, document)) {
            return Reply.of(Status.NOT_MODIFIED_304).etag(Conditions.etag(document));
        }
        share.require(Memory.answer(document.getByteLength()));
        return document(Status.OK_200, document);
    }

    private static Reply document(Status status, RawBsonDocument document) {
        var json = new JsonWriter();
        json.document(document);
        return Reply.json(status, json.toByteArray()).etag(Conditions.etag(document));
    }

    Reply put(ServerRequest request) throws IOException {
        requireNothingElse(request, Set.of());
        Idempotency.requireNone(request);
        Body.requireType(request, Reply.JSON);
        BsonValue id = DocumentId.parse(Route.parameter(request));
        if (DocumentId.isTooLong(id)) {
            throw Problem.unprocessable("The `_id` takes more than " + DocumentId.MOST_BYTES
                    + " bytes: use a shorter one, for example a hash of it.");
        }
        return memory.holding(
                share -> put(request, id, Memory.body(request, limits.maxBodyBytes(), Limits.SMALLER, share), share));
    }

    private Reply put(ServerRequest request, BsonValue id, byte[] body, MemoryBudget.Share share) {
        var condition = Conditions.of(request);
        RawBsonDocument document = JsonReader.document(body, 0, body.length, id);
        return change(request, id, share, 0, most -> condition
                .map(demanded -> store.putIf(demanded, document, most, limits.deadline()))
                .orElseGet(() -> store.put(document, limits.deadline())));
    }

    Reply patch(ServerRequest request) throws IOException {
        requireNothingElse(request, Set.of("by"));
        Idempotency.requireNone(request);
        Body.requireType(request, MERGE_PATCH);
        return memory.holding(
                share -> patch(request, Memory.body(request, limits.maxBodyBytes(), Limits.SMALLER, share), share));
    }

    private Reply patch(ServerRequest request, byte[] body, MemoryBudget.Share share) {
        BsonValue id = id(request);
        Predicate<Optional<RawBsonDocument>> condition = Conditions.of(request).orElse(document -> true);
        MergePatch patch = MergePatch.parse(body, 0, body.length);
        long before = share.held();
        return change(
                request,
                id,
                share,
                Memory.ANSWER_COPIES,
                most -> store.change(
                        id, condition, document -> patched(patch, document, before, share), most, limits.deadline()));
    }

    /// Takes the memory for the answer before anything is stored.
    private static RawBsonDocument patched(
            MergePatch patch, RawBsonDocument document, long before, MemoryBudget.Share share) {
        RawBsonDocument patched = patch.apply(document);
        int bytes = Math.max(document.getByteLength(), patched.getByteLength());
        share.require(before + Memory.answer(bytes) + (long) Memory.SWAP_COPIES * bytes);
        return patched;
    }

    Reply delete(ServerRequest request) throws IOException {
        requireNothingElse(request, Set.of("by"));
        Idempotency.requireNone(request);
        BsonValue id = id(request);
        var condition = Conditions.of(request);
        return memory.holding(share -> change(request, id, share, 0, most -> condition
                .map(demanded -> store.deleteIf(id, demanded, most, limits.deadline()))
                .orElseGet(() -> store.delete(id, limits.deadline()))));
    }

    /// @param copies how many times its size the document takes besides reading and swapping it
    private Reply change(
            ServerRequest request, BsonValue id, MemoryBudget.Share share, int copies, IntFunction<Change> change) {
        return Memory.sized(
                admission,
                share,
                copies + Memory.READ_COPIES + Memory.SWAP_COPIES,
                most -> written(request, id, change.apply(most)));
    }

    private static Reply written(ServerRequest request, BsonValue id, Change change) {
        return switch (change) {
            case Change.Created(RawBsonDocument document) ->
                document(Status.CREATED_201, document).with(HeaderNames.LOCATION, Inserted.location(id));
            case Change.Replaced(RawBsonDocument document) -> document(Status.OK_200, document);
            case Change.Deleted() -> Reply.of(Status.NO_CONTENT_204);
            case Change.Missing() -> throw missing(id);
            case Change.Refused(Optional<RawBsonDocument> present) ->
                throw Conditions.failed(request, Inserted.shown(id), present);
        };
    }

    private static void requireNothingElse(ServerRequest request, Set<String> parameters) {
        Route.requireParameters(request, parameters, "omit it, and name the document by its `_id` in the path");
    }

    private static Problem missing(BsonValue id) {
        return Problem.notFound(
                "There is no document with the `_id` `" + Inserted.shown(id) + "`: GET /data lists what there is.");
    }

    /// The id that the address names. With `by=cursor` it is the token of a page's `Link`, which stands for an id
    /// that no address can name.
    private BsonValue id(ServerRequest request) {
        String name = Route.parameter(request);
        if (!request.query().contains("by")) {
            return DocumentId.parse(name);
        }
        if (!request.query().get("by").equals("cursor")) {
            throw Problem.badRequest("`by` is not `cursor`: omit it to name a document by its `_id`.");
        }
        return PageToken.parse(name).find(store, Query.ALL, limits.requestTimeout());
    }
}
