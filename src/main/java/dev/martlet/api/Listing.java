package dev.martlet.api;

import dev.martlet.http.Accept;
import dev.martlet.http.Admission;
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
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.StringJoiner;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// `GET /data`: all documents as a stream, or one page of them; or what changes from now on.
final class Listing {

    private static final HeaderName LINK = HeaderNames.create("Link");

    private final DocumentStore store;
    private final Admission admission;
    private final Memory memory;
    private final Duration timeout;
    private final Watching watching;

    Listing(DocumentStore store, Admission admission, Memory memory, Duration timeout, Watching watching) {
        this.store = store;
        this.admission = admission;
        this.memory = memory;
        this.timeout = timeout;
        this.watching = watching;
    }

    Reply get(ServerRequest request) throws IOException, InterruptedException {
        String type = Accept.best(request, Reply.JSON, LineUpload.MEDIA_TYPE, Watching.MEDIA_TYPE);
        if (type.equals(Watching.MEDIA_TYPE)) {
            return watching.get(request);
        }
        boolean lines = type.equals(LineUpload.MEDIA_TYPE);
        var parameters = ListingParameters.of(request);
        Query asked = parameters.query();
        Query query = parameters
                .token()
                .map(token -> asked.after(token.find(store, asked, timeout)))
                .orElse(asked);
        Reply reply = parameters.paged()
                ? page(request, parameters, query, type, new Output(new JsonWriter(), lines))
                : Reply.stream(
                        type, out -> stream(query, new Output(new JsonWriter(out, Memory.FLUSH_BYTES), lines), out));
        return reply.with(HeaderNames.VARY, "Accept");
    }

    private void stream(Query query, Output output, OutputStream out) throws IOException {
        try (var _ = admission.stream();
                var room = memory.listed(false);
                Scan scan = store.scan(query, timeout, room)) {
            for (var document = scan.next(); document != null; document = scan.next()) {
                output.add(document);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        output.end();
        output.json.drainTo(out);
    }

    /// One pass over the documents. The page is held until the service knows whether a document follows it: the
    /// `Link` says so.
    private Reply page(ServerRequest request, ListingParameters parameters, Query query, String type, Output page) {
        var room = memory.listed(true);
        boolean answered = false;
        try {
            Reply reply = page(request, parameters, query, type, page, room);
            answered = true;
            return reply.holding(room);
        } finally {
            if (!answered) {
                room.close();
            }
        }
    }

    private Reply page(
            ServerRequest request,
            ListingParameters parameters,
            Query query,
            String type,
            Output page,
            Memory.Listed room) {
        @Nullable RawBsonDocument next;
        try (var _ = admission.stream();
                Scan scan = store.scan(query, timeout, room)) {
            next = scan.next();
            while (next != null && page.count < parameters.limit() && page.addIfItFits(next, room)) {
                next = scan.next();
            }
        }
        page.end();
        byte[] json = page.json.toByteArray();
        room.send(json.length);
        Reply reply = Reply.bytes(Status.OK_200, type, json);
        String links = links(request, parameters, page, next != null, query.after());
        return links.isEmpty() ? reply : reply.with(LINK, links);
    }

    /// A link to the next page, if there is one. A link to the page's last document, if no other address can name
    /// it.
    private static String links(
            ServerRequest request, ListingParameters parameters, Output page, boolean more, Optional<BsonValue> after) {
        if (page.last == null) {
            return "";
        }
        BsonValue last = page.last;
        Optional<BsonValue> before = Optional.ofNullable(page.named).or(() -> after.filter(PageToken::needless));
        var links = new StringJoiner(", ");
        if (more) {
            links.add("<" + parameters.next(request, last, before) + ">; rel=\"next\"");
        }
        if (!PageToken.needless(last)) {
            links.add("</data/" + PageToken.of(last, before) + "?by=cursor>; rel=\"item\"");
        }
        return links.toString();
    }

    /// Documents as a JSON array, or one per line.
    private static final class Output {

        final JsonWriter json;
        final boolean lines;
        int count;

        /// Of a page, the last id, and the last one that an address can name.
        @Nullable
        BsonValue last;

        @Nullable
        BsonValue named;

        Output(JsonWriter json, boolean lines) {
            this.json = json;
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
        }

        /// Adds the document unless the page would become too large. The first one always fits, because an empty
        /// page would lead nowhere.
        ///
        /// @param room takes the memory for the page, before it is that large
        boolean addIfItFits(RawBsonDocument document, Memory.Listed room) {
            int size = json.size();
            room.json((long) size + document.getByteLength());
            add(document);
            if (count == 1 || json.size() <= Memory.BATCH_BYTES) {
                BsonValue id = DocumentId.of(document);
                named = PageToken.needless(id) ? id : named;
                last = id;
                return true;
            }
            json.truncate(size);
            count--;
            return false;
        }

        void end() {
            if (!lines) {
                json.raw((byte) ']');
            }
        }
    }
}
