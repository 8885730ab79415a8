package dev.martlet.api;

import dev.martlet.http.Admission;
import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import dev.martlet.store.Deadline;
import dev.martlet.store.DocumentStore;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.function.IntConsumer;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// `POST /data` of JSON: one document, or an array of them.
final class Insertion {

    private final DocumentStore store;
    private final Idempotency idempotency;
    private final Admission admission;
    private final Memory memory;
    private final Limits limits;
    private final IntConsumer inserted;

    Insertion(DocumentStore store, Admission admission, Memory memory, Limits limits, IntConsumer inserted) {
        this.store = store;
        this.idempotency = new Idempotency(store.idempotencyKeys());
        this.admission = admission;
        this.memory = memory;
        this.limits = limits;
        this.inserted = inserted;
    }

    Reply post(ServerRequest request) throws IOException {
        Body.requireType(request, Reply.JSON, ", or `" + LineUpload.MEDIA_TYPE + "` for one document a line");
        return memory.holding(share -> {
            byte[] body = Memory.body(request, Memory.MOST_ARRAY_BYTES, share);
            boolean array = beginsArray(body);
            if (!array && body.length > limits.maxBodyBytes()) {
                throw Body.tooLarge(limits.maxBodyBytes());
            }
            try (var _ = admission.request()) {
                return array ? array(request, body, share) : one(request, body);
            }
        });
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
        // Those of one process ascend, so that a listing has the documents in the order in which they came.
        var ids = Idempotency.asked(request) ? IdSequence.random() : new IdSequence(new ObjectId());
        var parsed = JsonReader.document(body, 0, body.length, ids::next);
        Submission submission = idempotency.claim(request, List.of(parsed), ids, deadline);
        RawBsonDocument document = submission.documents().getFirst();
        if (!submission.done()) {
            if (!store.insert(document, deadline) && !storedBefore(submission, document, deadline)) {
                throw Inserted.taken(DocumentId.of(document));
            }
            idempotency.done(submission, deadline);
            inserted.accept(1);
        }
        return Inserted.one(document);
    }

    /// Every document is checked before the first is stored.
    private Reply array(ServerRequest request, byte[] body, MemoryBudget.Share share) {
        Deadline deadline = limits.deadline();
        var ids = IdSequence.random();
        var parsed = JsonReader.documents(body, 0, body.length, limits.maxBodyBytes(), ids::next);
        Memory.parsed(share, body, parsed);
        Submission submission = idempotency.claim(request, parsed, ids, deadline);
        List<BsonValue> all =
                submission.documents().stream().map(DocumentId::of).toList();
        if (!submission.done()) {
            refuseTwins(all);
            if (!submission.keyed()) {
                refuseTaken(all.stream().filter(id -> !ids.made(id)).toList(), deadline);
            }
            insert(submission, deadline);
            idempotency.done(submission, deadline);
            inserted.accept(all.size());
        }
        return Inserted.all(all);
    }

    private static void refuseTwins(List<BsonValue> ids) {
        var seen = new HashSet<BsonValue>();
        for (BsonValue id : ids) {
            if (!seen.add(id)) {
                throw Problem.unprocessable(
                        "Two documents of the array have the _id `" + Inserted.shown(id) + "`: give each its own.");
            }
        }
    }

    private void refuseTaken(List<BsonValue> ids, Deadline deadline) {
        List<BsonValue> taken = ids.isEmpty() ? ids : store.taken(ids, deadline);
        if (!taken.isEmpty()) {
            throw Inserted.taken(taken.getFirst()).member("inserted", 0);
        }
    }

    private void insert(Submission submission, Deadline deadline) {
        List<RawBsonDocument> documents = submission.documents();
        if (documents.isEmpty()) {
            return;
        }
        List<Integer> refused = store.insertAll(documents, deadline).stream()
                .filter(place -> !storedBefore(submission, documents.get(place), deadline))
                .toList();
        if (!refused.isEmpty()) {
            int kept = documents.size() - refused.size();
            inserted.accept(kept);
            throw Inserted.taken(DocumentId.of(documents.get(refused.getFirst())))
                    .member("inserted", kept);
        }
    }

    /// Whether the document that has this one's `_id` is this one, stored by another copy of the same request.
    private boolean storedBefore(Submission submission, RawBsonDocument document, Deadline deadline) {
        return submission.keyed() && store.stored(document, deadline);
    }
}
