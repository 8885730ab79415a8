package dev.martlet.api;

import dev.martlet.http.Admission;
import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.http.Route;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import dev.martlet.store.Deadline;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.Outcome;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.bson.BsonObjectId;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// `POST /data` of JSON: one document, or an array of them.
final class Insertion {

    private static final String SMALLER_ARRAY =
            "send less, or an array as `" + LineUpload.MEDIA_TYPE + "`, whose length has no limit";

    private final DocumentStore store;
    private final Idempotency idempotency;
    private final Admission admission;
    private final Memory memory;
    private final Limits limits;
    private final IntConsumer inserted;

    Insertion(DocumentStore store, Admission admission, Memory memory, Limits limits, IntConsumer inserted) {
        this.store = store;
        this.idempotency = new Idempotency(store.idempotencyKeys(), inserted);
        this.admission = admission;
        this.memory = memory;
        this.limits = limits;
        this.inserted = inserted;
    }

    Reply post(ServerRequest request) throws IOException {
        requireNothingElse(request);
        Body.requireType(request, Reply.JSON, ", or `" + LineUpload.MEDIA_TYPE + "` for one document a line");
        return memory.holding(share -> {
            byte[] body = Memory.body(request, Memory.MOST_ARRAY_BYTES, SMALLER_ARRAY, share);
            boolean array = beginsArray(body);
            if (!array && body.length > limits.maxBodyBytes()) {
                throw Body.tooLarge(limits.maxBodyBytes(), Limits.SMALLER);
            }
            try (var _ = admission.request()) {
                return array ? array(request, body, share) : one(request, body);
            }
        });
    }

    /// What would be ignored otherwise, although the client relies on it.
    static void requireNothingElse(ServerRequest request) {
        Route.requireParameters(request, Set.of(), "omit it");
        Conditions.requireNone(request);
    }

    private static boolean beginsArray(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '[';
            }
        }
        return false;
    }

    private Reply one(ServerRequest request, byte[] body) {
        Deadline deadline = limits.deadline();
        if (Idempotency.asked(request)) {
            var ids = IdSequence.random();
            var document = JsonReader.document(body, 0, body.length, ids::next);
            return Inserted.one(idempotency
                    .insert(request, List.of(document), ids, deadline)
                    .getFirst());
        }
        // The ids of one process ascend. So a listing has the documents in the order in which they came.
        var fresh = new ObjectId();
        RawBsonDocument document = JsonReader.document(body, 0, body.length, () -> fresh);
        boolean made = new BsonObjectId(fresh).equals(DocumentId.of(document));
        if (!store.insert(document, made, deadline)) {
            throw Inserted.taken(DocumentId.of(document));
        }
        inserted.accept(1);
        return Inserted.one(document);
    }

    /// Every document is checked before the first is stored.
    private Reply array(ServerRequest request, byte[] body, MemoryBudget.Share share) {
        Deadline deadline = limits.deadline();
        var ids = IdSequence.random();
        List<RawBsonDocument> documents = JsonReader.documents(body, 0, body.length, limits.maxBodyBytes(), ids::next);
        Memory.parsed(share, body, documents);
        refuseTwins(documents.stream().map(DocumentId::of).toList());
        if (Idempotency.asked(request)) {
            documents = idempotency.insert(request, documents, ids, deadline);
        } else if (!documents.isEmpty()) {
            insert(documents, ids, deadline);
        }
        return Inserted.all(documents.stream().map(DocumentId::of).toList());
    }

    private static void refuseTwins(List<BsonValue> ids) {
        var seen = new HashSet<BsonValue>();
        for (BsonValue id : ids) {
            if (!seen.add(id)) {
                throw Problem.unprocessable(
                        "Two documents of the array have the `_id` `" + Inserted.shown(id) + "`: give each its own.");
            }
        }
    }

    private void insert(List<RawBsonDocument> documents, IdSequence ids, Deadline deadline) {
        Outcome outcome = store.insertTogether(documents, ids::made, deadline);
        inserted.accept(outcome.stored());
        outcome.refusal().ifPresent(refusal -> {
            throw Inserted.refused(documents, refusal, outcome.stored());
        });
    }
}
