package dev.martlet.api;

import dev.martlet.http.Accept;
import dev.martlet.http.Admission;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Reply;
import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonWriter;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.Query;
import dev.martlet.store.Scan;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// `GET /data`: everything that is asked for as a stream, or one page of it.
final class Listing {

    private static final HeaderName LINK = HeaderNames.create("Link");

    private final DocumentStore store;
    private final Admission admission;
    private final Memory memory;
    private final Duration timeout;

    Listing(DocumentStore store, Admission admission, Memory memory, Duration timeout) {
        this.store = store;
        this.admission = admission;
        this.memory = memory;
        this.timeout = timeout;
    }

    Reply get(ServerRequest request) throws IOException {
        String type = Accept.best(request, Reply.JSON, LineUpload.MEDIA_TYPE);
        boolean lines = type.equals(LineUpload.MEDIA_TYPE);
        var parameters = ListingParameters.of(request);
        Reply reply = parameters.paged()
                ? memory.holding(share -> page(request, parameters, type, new Output(lines), share))
                : Reply.stream(type, out -> stream(parameters.query(), new Output(lines), out));
        return reply.with(HeaderNames.VARY, "Accept");
    }

    private void stream(Query query, Output output, OutputStream out) throws IOException {
        try (var _ = admission.stream();
                var _ = memory.stream();
                Scan scan = store.scan(query, timeout)) {
            for (var document = scan.next(); document != null; document = scan.next()) {
                output.add(document);
                if (output.json.size() >= Memory.FLUSH_BYTES) {
                    output.json.drainTo(out);
                }
            }
        }
        output.end();
        output.json.drainTo(out);
    }

    /// One pass: the page is held until it is known whether a document follows it, which is what the `Link` says.
    private Reply page(
            ServerRequest request, ListingParameters parameters, String type, Output page, MemoryBudget.Share share) {
        @Nullable RawBsonDocument next;
        try (var _ = admission.stream();
                Scan scan = store.scan(parameters.query(), timeout)) {
            share.await(Memory.STREAM_BYTES);
            next = scan.next();
            while (next != null && page.count < parameters.limit() && page.addIfItFits(next)) {
                next = scan.next();
            }
        }
        page.end();
        Reply reply = Reply.bytes(Status.OK_200, type, page.json.toByteArray());
        return next == null
                ? reply
                : reply.with(
                        LINK,
                        "<" + parameters.next(request, DocumentId.of(Objects.requireNonNull(page.last)))
                                + ">; rel=\"next\"");
    }

    /// Documents as a JSON array, or a line each.
    private static final class Output {

        final JsonWriter json = new JsonWriter();
        final boolean lines;
        int count;

        @Nullable
        RawBsonDocument last;

        Output(boolean lines) {
            this.lines = lines;
            if (!lines) {
                json.raw((byte) '[');
            }
        }

        void add(RawBsonDocument document) {
            if (!lines && count > 0) {
                json.raw((byte) ',');
            }
            json.document(document);
            if (lines) {
                json.raw((byte) '\n');
            }
            count++;
            last = document;
        }

        /// Adds the document unless the page would become too large. The first one always fits: a page without any
        /// would lead nowhere.
        boolean addIfItFits(RawBsonDocument document) {
            int size = json.size();
            RawBsonDocument before = last;
            add(document);
            if (count == 1 || json.size() <= Memory.BATCH_BYTES) {
                return true;
            }
            json.truncate(size);
            count--;
            last = before;
            return false;
        }

        void end() {
            if (!lines) {
                json.raw((byte) ']');
            }
        }
    }
}
