package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.http.Sha256;
import dev.martlet.store.Deadline;
import dev.martlet.store.IdempotencyKeys;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.regex.Pattern;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// `Idempotency-Key`: the same key and the same content, sent again, is stored once and answered alike, by the
/// [draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) of IETF's httpapi group.
///
/// ```java
/// IdSequence ids = IdSequence.random();
/// Submission submission = idempotency.claim(request, documents(body, ids::next), ids, deadline);
/// // … store submission.documents(), unless it is done …
/// idempotency.done(submission, deadline);
/// ```
final class Idempotency {

    private static final HeaderName HEADER = HeaderNames.create("Idempotency-Key");
    private static final Pattern VALID = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final ObjectId PLACEHOLDER = new ObjectId(new byte[12]);

    private final IdempotencyKeys keys;

    Idempotency(IdempotencyKeys keys) {
        this.keys = keys;
    }

    /// Whether the request has a key.
    static boolean asked(ServerRequest request) {
        return request.headers().contains(HEADER);
    }

    /// The request's standing. Without the header every request is a new one.
    ///
    /// @param documents of the body; if an earlier copy of the request was here, those that got their id from `ids`
    ///                  get the one that they had then
    Submission claim(ServerRequest request, List<RawBsonDocument> documents, IdSequence ids, Deadline deadline) {
        if (!asked(request)) {
            return new Submission("", documents, false);
        }
        String key = key(request);
        var claim = keys.claim(key, digest(documents, ids), ids.first(), deadline);
        if (claim.other()) {
            throw Problem.unprocessable("The Idempotency-Key `" + key
                    + "` was used for other content: use a new key for each new request.");
        }
        List<RawBsonDocument> named = claim.id().equals(ids.first())
                ? documents
                : documents.stream().map(each -> ids.from(claim.id(), each)).toList();
        return new Submission(key, named, claim.done());
    }

    private static String key(ServerRequest request) {
        String key = String.join(", ", request.headers().get(HEADER).allValues());
        if (!VALID.matcher(key).matches()) {
            throw Problem.badRequest(
                    "The Idempotency-Key is not 1 to 255 visible ASCII characters: use a UUID, for example.");
        }
        return key;
    }

    /// What makes two requests the same is what they would store, but for the ids that they are given, and not how it
    /// is written.
    private static byte[] digest(List<RawBsonDocument> documents, IdSequence ids) {
        return Sha256.of(() -> documents.stream()
                .map(document -> ids.from(PLACEHOLDER, document).getByteBuffer().asNIO())
                .iterator());
    }

    void done(Submission submission, Deadline deadline) {
        if (submission.keyed()) {
            keys.done(submission.key(), deadline);
        }
    }
}
