package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.http.Sha256;
import dev.martlet.store.Deadline;
import dev.martlet.store.IdempotencyKeys;
import dev.martlet.store.Keyed;
import dev.martlet.store.Outcome;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import org.bson.BsonBinary;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// `Idempotency-Key`, as in the
/// [draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) of IETF's httpapi group.
/// The same key with the same content is stored once, however often it is sent, and gets the same answer.
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
    private final IntConsumer inserted;

    Idempotency(IdempotencyKeys keys, IntConsumer inserted) {
        this.keys = keys;
        this.inserted = inserted;
    }

    /// Whether the request has a key.
    static boolean asked(ServerRequest request) {
        return request.headers().contains(HEADER);
    }

    /// @throws Problem 400 if the request has a key: it is a change that takes none
    static void requireNone(ServerRequest request) {
        if (asked(request)) {
            throw Problem.badRequest("`Idempotency-Key` is for POST alone: omit it, "
                    + "and send `If-Match` or `If-None-Match` if the change must not be made twice.");
        }
    }

    /// Stores the documents of a request, unless an earlier copy of the request did.
    ///
    /// @param documents of the body; if an earlier copy was here, those that got their id from `ids` get the same
    ///                  id again
    /// @return the documents as they are stored
    /// @throws Problem when the key is another request's, or a document is refused
    List<RawBsonDocument> insert(
            ServerRequest request, List<RawBsonDocument> documents, IdSequence ids, Deadline deadline) {
        String key = key(request);
        Function<ObjectId, List<RawBsonDocument>> under = first -> first.equals(ids.first())
                ? documents
                : documents.stream().map(each -> ids.from(first, each)).toList();
        var digest = new BsonBinary(digest(documents, ids));
        return switch (keys.insert(new IdempotencyKeys.Request(key, digest, ids.first(), under), deadline)) {
            case Keyed.Stored(ObjectId first, int now) -> {
                inserted.accept(now);
                yield under.apply(first);
            }
            case Keyed.Foreign() ->
                throw Problem.unprocessable("The `Idempotency-Key` `" + key
                        + "` was used for other content: use a new key for each new request.");
            case Keyed.Refused(ObjectId first, Outcome outcome) -> {
                inserted.accept(outcome.stored());
                throw Inserted.refused(under.apply(first), outcome.refusal().orElseThrow(), outcome.stored());
            }
        };
    }

    private static String key(ServerRequest request) {
        String key = String.join(", ", request.headers().get(HEADER).allValues());
        if (!VALID.matcher(key).matches()) {
            throw Problem.badRequest(
                    "`Idempotency-Key` is not 1 to 255 visible ASCII characters: use a UUID, for example.");
        }
        return key;
    }

    /// Two requests are the same if they would store the same documents, apart from the ids that the service makes.
    /// The way they are written does not matter.
    private static byte[] digest(List<RawBsonDocument> documents, IdSequence ids) {
        return Sha256.of(() -> documents.stream()
                .map(document -> ids.from(PLACEHOLDER, document).getByteBuffer().asNIO())
                .iterator());
    }
}
