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
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Predicate;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// What the methods of `/data/{id}` do.
final class Documents {

    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final DocumentStore store;
    private final Admission admission;
    private final Memory memory;
    private final Limits limits;

    Documents(DocumentStore store, Admission admission, Memory memory, Limits limits) {
        this.store = store;
        this.admission = admission;
        this.memory = memory;
        this.limits = limits;
    }

    Reply get(ServerRequest request) throws IOException {
        Accept.best(request, Reply.JSON);
        BsonValue id = id(request);
        return memory.holding(share -> {
            Optional<Reply> reply = read(request, id, share);
            while (reply.isEmpty()) {
                // Without the document, and outside of admission: whoever waits takes nothing from anybody.
                share.awaitRefused();
                reply = read(request, id, share);
            }
            return reply.get();
        });
    }

    private Optional<Reply> read(ServerRequest request, BsonValue id, MemoryBudget.Share share) {
        try (var _ = admission.request()) {
            return find(request, id, share);
        }
    }

    /// Empty when there is no memory for the document at present.
    private Optional<Reply> find(ServerRequest request, BsonValue id, MemoryBudget.Share share) {
        RawBsonDocument document = store.find(id, limits.deadline()).orElseThrow(() -> missing(id));
        if (!Conditions.matches(request, document)) {
            throw refused();
        }
        if (Conditions.notModified(request, document)) {
            return Optional.of(Reply.of(Status.NOT_MODIFIED_304).etag(Conditions.etag(document)));
        }
        return share.tryGrowTo(Memory.cost(document))
                ? Optional.of(document(Status.OK_200, document))
                : Optional.empty();
    }

    private static Reply document(Status status, RawBsonDocument document) {
        var json = new JsonWriter();
        json.document(document);
        return Reply.json(status, json.toByteArray()).etag(Conditions.etag(document));
    }

    Reply put(ServerRequest request) throws IOException {
        Body.requireType(request, Reply.JSON);
        return memory.holding(share -> put(request, Memory.body(request, limits.maxBodyBytes(), share)));
    }

    private Reply put(ServerRequest request, byte[] body) {
        try (var _ = admission.request()) {
            BsonValue id = id(request);
            RawBsonDocument document = JsonReader.document(body, 0, body.length, id);
            return written(
                    id,
                    Conditions.of(request)
                            .map(condition -> store.putIf(condition, document, limits.deadline()))
                            .orElseGet(() -> store.put(document, limits.deadline())));
        }
    }

    Reply patch(ServerRequest request) throws IOException {
        Body.requireType(request, MERGE_PATCH);
        return memory.holding(share -> patch(request, Memory.body(request, limits.maxBodyBytes(), share), share));
    }

    private Reply patch(ServerRequest request, byte[] body, MemoryBudget.Share share) {
        try (var _ = admission.request()) {
            MergePatch patch = MergePatch.parse(body, 0, body.length);
            BsonValue id = id(request);
            Predicate<Optional<RawBsonDocument>> condition =
                    Conditions.of(request).orElse(document -> true);
            return written(
                    id, store.change(id, condition, document -> patched(patch, document, share), limits.deadline()));
        }
    }

    /// Takes the memory for the answer while nothing is stored yet, and without waiting, which would keep a turn at
    /// the database.
    private static RawBsonDocument patched(MergePatch patch, RawBsonDocument document, MemoryBudget.Share share) {
        RawBsonDocument patched = patch.apply(document);
        if (!share.tryGrowTo(Memory.cost(patched))) {
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
                            .map(condition -> store.deleteIf(id, condition, limits.deadline()))
                            .orElseGet(() -> store.delete(id, limits.deadline())));
        }
    }

    private static Reply written(BsonValue id, Change change) {
        return switch (change) {
            case Change.Created(RawBsonDocument document) ->
                document(Status.CREATED_201, document).with(HeaderNames.LOCATION, Inserted.location(id));
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
                "There is no document with the _id `" + DocumentId.text(id) + "`: GET /data lists what there is.");
    }

    private static BsonValue id(ServerRequest request) {
        return DocumentId.parse(Route.parameter(request));
    }
}
