package dev.martlet.api;

import dev.martlet.http.Body;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.http.SmallJson;
import dev.martlet.json.JsonReader;
import dev.martlet.json.JsonRefusedException;
import dev.martlet.store.Deadline;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.RejectedException;
import dev.martlet.store.UnavailableException;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// Stores many documents from one request: a JSON array, or NDJSON of any length.
final class Bulk {

    private static final Logger LOGGER = System.getLogger(Bulk.class.getName());
    /// One insert: large enough that a round trip hardly counts, small enough to hold for every upload at once.
    private static final int BATCH_DOCUMENTS = 1000;
    private static final int BATCH_BYTES = 1 << 20;
    /// Refused lines that are described one by one; beyond it they are only counted, so that memory stays bounded.
    private static final int MOST_DESCRIBED = 1000;

    private final DocumentStore store;
    private final Idempotency idempotency;
    private final int maxLineBytes;
    private final Duration timeout;
    private final IntConsumer inserted;

    Bulk(DocumentStore store, Idempotency idempotency, int maxLineBytes, Duration timeout, IntConsumer inserted) {
        this.store = store;
        this.idempotency = idempotency;
        this.maxLineBytes = maxLineBytes;
        this.timeout = timeout;
        this.inserted = inserted;
    }

    /// Every document is checked before the first is stored.
    Reply array(ServerRequest request, byte[] body, Deadline deadline) {
        Once once = idempotency.claim(request, id -> parse(body, new IdSequence(id)), deadline);
        IdSequence ids = once.keyed() ? once.ids() : new IdSequence(IdSequence.first());
        List<RawBsonDocument> documents = parse(body, ids);
        List<BsonValue> all = documents.stream().map(DocumentStore::id).toList();
        if (!once.done()) {
            refuseTwins(all);
            List<BsonValue> taken = all.stream().filter(id -> !ids.made(id)).toList();
            if (!taken.isEmpty() && !once.keyed()) {
                taken = store.taken(taken, deadline);
                if (!taken.isEmpty()) {
                    throw Documents.taken(taken.getFirst()).member("inserted", 0);
                }
            }
            insert(documents, once, deadline);
            idempotency.done(once, deadline);
            inserted.accept(documents.size());
        }
        Map<String, Object> answer = Documents.answer("inserted", documents.size());
        answer.put("ids", all.stream().map(Listing::text).toList());
        return Reply.json(Status.CREATED_201, SmallJson.of(answer));
    }

    private static List<RawBsonDocument> parse(byte[] body, IdSequence ids) {
        return JsonReader.documents(body, 0, body.length, ids::next);
    }

    private static void refuseTwins(List<BsonValue> ids) {
        var seen = new HashSet<BsonValue>();
        for (BsonValue id : ids) {
            if (!seen.add(id)) {
                throw Problem.unprocessable(
                        "Two documents of the array have the _id `" + Listing.text(id) + "`: give each its own.");
            }
        }
    }

    private void insert(List<RawBsonDocument> documents, Once once, Deadline deadline) {
        if (documents.isEmpty()) {
            return;
        }
        List<Integer> refused = store.insertAll(documents, deadline).stream()
                .filter(place -> !once.storedBefore(store, documents.get(place), deadline))
                .toList();
        if (!refused.isEmpty()) {
            int kept = documents.size() - refused.size();
            inserted.accept(kept);
            throw Documents.taken(DocumentStore.id(documents.get(refused.getFirst())))
                    .member("inserted", kept);
        }
    }

    /// Each line is a document, stored or refused for itself.
    Reply stream(ServerRequest request) throws IOException {
        if (request.headers().contains(Idempotency.HEADER)) {
            throw Problem.badRequest(
                    "Idempotency-Key works for JSON, not for a stream: give each line an `_id` instead, "
                            + "so that a line that is sent again is refused as taken.");
        }
        Body.announcedLength(request);
        var upload = new Upload();
        try (InputStream in = Body.open(request)) {
            upload.take(new Lines(in, maxLineBytes));
            return upload.reply();
        } catch (UnavailableException e) {
            throw Problem.overloaded(e.getMessage() + " Send what follows line " + upload.settledLines + " again.")
                    .member("inserted", upload.stored)
                    .member("settledLines", upload.settledLines);
        } catch (IOException | RuntimeException e) {
            LOGGER.log(
                    Level.WARNING,
                    "An NDJSON upload broke off: {0} documents of {1} lines are stored",
                    upload.stored,
                    upload.lines);
            throw e;
        }
    }

    /// One NDJSON request on its way.
    private final class Upload {

        private final List<RawBsonDocument> batch = new ArrayList<>();
        private final List<Long> batchLines = new ArrayList<>();
        private final List<Map<String, Object>> described = new ArrayList<>();
        private int batchBytes;
        private long lines;
        private long settledLines;
        private long stored;
        private long refused;

        void take(Lines source) throws IOException {
            for (int length = source.read(); length >= 0; length = source.read()) {
                lines++;
                if (source.tooLong()) {
                    refuse(
                            lines,
                            Problem.of(
                                    Status.REQUEST_ENTITY_TOO_LARGE_413,
                                    "The line exceeds " + maxLineBytes + " bytes: send a smaller document."));
                } else if (!blank(source.bytes(), length)) {
                    take(source.bytes(), length);
                }
                if (batch.size() == BATCH_DOCUMENTS || batchBytes >= BATCH_BYTES) {
                    flush();
                }
            }
            flush();
        }

        private void take(byte[] line, int length) {
            try {
                batch.add(JsonReader.document(line, 0, length, ObjectId::new));
                batchLines.add(lines);
                batchBytes += length;
            } catch (JsonRefusedException e) {
                refuse(lines, e);
            }
        }

        private void flush() {
            if (!batch.isEmpty()) {
                try {
                    List<Integer> taken = store.insertAll(batch, Deadline.in(timeout));
                    taken.forEach(place ->
                            refuse(batchLines.get(place), Documents.taken(DocumentStore.id(batch.get(place)))));
                    stored(batch.size() - taken.size());
                } catch (RejectedException e) {
                    oneByOne();
                }
            }
            batch.clear();
            batchLines.clear();
            batchBytes = 0;
            settledLines = lines;
        }

        /// The database will not have one of them: which one shows when each goes alone.
        private void oneByOne() {
            for (int place = 0; place < batch.size(); place++) {
                RawBsonDocument document = batch.get(place);
                try {
                    Deadline deadline = Deadline.in(timeout);
                    if (store.insert(document, deadline)
                            || store.find(DocumentStore.id(document), deadline)
                                    .filter(document::equals)
                                    .isPresent()) {
                        stored(1);
                    } else {
                        refuse(batchLines.get(place), Documents.taken(DocumentStore.id(document)));
                    }
                } catch (RejectedException e) {
                    refuse(batchLines.get(place), e);
                }
            }
        }

        private void stored(int documents) {
            stored += documents;
            inserted.accept(documents);
        }

        private void refuse(long line, RuntimeException why) {
            refused++;
            if (described.size() < MOST_DESCRIBED) {
                var members = new LinkedHashMap<String, Object>();
                members.put("line", line);
                members.putAll(
                        Failures.problem(why).orElseGet(Problem::internal).asMembers());
                described.add(members);
            }
        }

        Reply reply() {
            Map<String, Object> answer = Documents.answer("inserted", stored);
            answer.put("refused", refused);
            // Those that the database refused come a batch later than those that are no JSON.
            described.sort(Comparator.comparingLong(error -> (Long) error.get("line")));
            answer.put("errors", described);
            if (stored == 0 && refused > 0) {
                answer.put("status", "Nothing inserted");
                return Reply.json(Status.UNPROCESSABLE_CONTENT_422, SmallJson.of(answer));
            }
            return Reply.json(Status.CREATED_201, SmallJson.of(answer));
        }
    }

    private static boolean blank(byte[] line, int length) {
        for (int i = 0; i < length; i++) {
            if (line[i] != ' ' && line[i] != '\t') {
                return false;
            }
        }
        return true;
    }
}
