package dev.martlet.api;

import dev.martlet.http.Admission;
import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.http.SmallJson;
import dev.martlet.json.JsonReader;
import dev.martlet.json.JsonRefusedException;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.Refusal;
import dev.martlet.store.UnavailableException;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.bson.BsonObjectId;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// `POST /data` of NDJSON: a stream of any length. Each line is a document, which is stored or refused for itself.
final class LineUpload {

    static final String MEDIA_TYPE = "application/x-ndjson";
    private static final Logger LOGGER = System.getLogger(LineUpload.class.getName());
    /// Documents in one insert: so many that a round trip hardly counts, and so few that every upload can hold them
    /// at once.
    private static final int BATCH_DOCUMENTS = 1000;
    /// How much the descriptions of refused lines take together. Beyond this, refused lines are only counted.
    private static final int MOST_DESCRIBED_BYTES = 64 << 10;

    private final DocumentStore store;
    private final Admission admission;
    private final Memory memory;
    private final Limits limits;
    private final IntConsumer inserted;
    private final Supplier<Optional<String>> trouble;

    /// @param trouble why the disk under the database takes no writes; empty when it does
    LineUpload(
            DocumentStore store,
            Admission admission,
            Memory memory,
            Limits limits,
            IntConsumer inserted,
            Supplier<Optional<String>> trouble) {
        this.store = store;
        this.admission = admission;
        this.memory = memory;
        this.limits = limits;
        this.inserted = inserted;
        this.trouble = trouble;
    }

    Reply post(ServerRequest request) throws IOException {
        Insertion.requireNothingElse(request);
        try (var _ = admission.stream();
                var share = memory.stream()) {
            return take(request, share);
        }
    }

    private Reply take(ServerRequest request, MemoryBudget.Share share) throws IOException {
        if (Idempotency.asked(request)) {
            throw Problem.badRequest(
                    "`Idempotency-Key` works for JSON, not for a stream: give each line an `_id` instead, "
                            + "so that a line that is sent again is refused as taken.");
        }
        Body.announcedLength(request);
        var upload = new Upload(Memory.batch(share));
        try (InputStream in = Body.open(request)) {
            upload.take(new Lines(in, limits.maxBodyBytes(), length -> Memory.line(share, length)));
            return upload.reply();
        } catch (UnavailableException e) {
            String cure = "send what follows line " + upload.settledLines + " again";
            throw Failures.unavailable(e, trouble.get(), Optional.of(cure))
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

    /// An NDJSON request that is under way.
    private final class Upload {

        private final List<RawBsonDocument> batch = new ArrayList<>();
        private final List<Long> batchLines = new ArrayList<>();
        private final Set<BsonValue> made = new HashSet<>();
        private final List<Map<String, Object>> described = new ArrayList<>();
        private final long mostBatchBytes;
        private int batchBytes;
        private int describedBytes;
        private long lines;
        private long settledLines;
        private long stored;
        private long refused;

        Upload(long mostBatchBytes) {
            this.mostBatchBytes = mostBatchBytes;
        }

        void take(Lines source) throws IOException {
            for (int length = source.read(); length >= 0; length = source.read()) {
                lines++;
                if (source.tooLong()) {
                    refuse(
                            lines,
                            Problem.of(
                                    Status.REQUEST_ENTITY_TOO_LARGE_413,
                                    "The line exceeds " + limits.maxBodyBytes() + " bytes: send a smaller document."));
                } else if (!blank(source.bytes(), length)) {
                    take(source.bytes(), length);
                }
                if (batch.size() == BATCH_DOCUMENTS || batchBytes >= mostBatchBytes) {
                    flush();
                }
            }
            flush();
        }

        private void take(byte[] line, int length) {
            try {
                RawBsonDocument document = JsonReader.document(line, 0, length, this::fresh);
                batch.add(document);
                batchLines.add(lines);
                batchBytes += document.getByteLength();
            } catch (JsonRefusedException e) {
                refuse(lines, e);
            }
        }

        private ObjectId fresh() {
            var id = new ObjectId();
            made.add(new BsonObjectId(id));
            return id;
        }

        private void flush() {
            if (!batch.isEmpty()) {
                List<Refusal> refusals = store.insertAll(batch, made::contains, limits.deadline());
                refusals.forEach(refusal -> refuse(batchLines.get(refusal.place()), Inserted.refused(batch, refusal)));
                stored(batch.size() - refusals.size());
            }
            batch.clear();
            batchLines.clear();
            made.clear();
            batchBytes = 0;
            settledLines = lines;
        }

        private void stored(int documents) {
            stored += documents;
            inserted.accept(documents);
        }

        private void refuse(long line, RuntimeException why) {
            refused++;
            if (describedBytes < MOST_DESCRIBED_BYTES) {
                var members = new LinkedHashMap<String, Object>();
                members.put("line", line);
                members.putAll(Failures.problem(why, Optional.empty())
                        .orElseGet(Problem::internal)
                        .asMembers());
                described.add(members);
                describedBytes += SmallJson.of(members).length;
            }
        }

        Reply reply() {
            // Lines that the database refuses come a batch later than lines that are not JSON.
            described.sort(Comparator.comparingLong(error -> (Long) error.get("line")));
            return Inserted.lines(stored, refused, described);
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
