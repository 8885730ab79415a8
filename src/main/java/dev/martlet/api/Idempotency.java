package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.http.Sha256;
import dev.martlet.store.Deadline;
import dev.martlet.store.IdempotencyKeys;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// `Idempotency-Key`: the same key and the same content, sent again, is stored once and answered alike
///
// ([draft-ietf-httpapi-idempotency-key-header](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)).
final class Idempotency {

    static final HeaderName HEADER = HeaderNames.create("Idempotency-Key");
    private static final Pattern VALID = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final ObjectId PLACEHOLDER = new ObjectId(new byte[12]);

    private final IdempotencyKeys keys;

    Idempotency(IdempotencyKeys keys) {
        this.keys = keys;
    }

    /// The request's standing. Without the header every request is a new one.
    ///
    /// @param parse the documents of the body, the first without an `_id` getting the given one; what makes two
    ///              requests the same is what they would store, not how it is written
    Once claim(ServerRequest request, Function<ObjectId, List<RawBsonDocument>> parse, Deadline deadline) {
        if (!request.headers().contains(HEADER)) {
            return new Once("", new ObjectId(), false);
        }
        String key = key(request);
        var claim = keys.claim(key, digest(parse.apply(PLACEHOLDER)), IdSequence.first(), deadline);
        if (claim.other()) {
            throw Problem.unprocessable("The Idempotency-Key `" + key
                    + "` was used for other content: use a new key for each new request.");
        }
        return new Once(key, claim.id(), claim.done());
    }

    private static String key(ServerRequest request) {
        String key = String.join(", ", request.headers().get(HEADER).allValues());
        if (!VALID.matcher(key).matches()) {
            throw Problem.badRequest(
                    "The Idempotency-Key is not 1 to 255 visible ASCII characters: use a UUID, for example.");
        }
        return key;
    }

    private static byte[] digest(List<RawBsonDocument> documents) {
        return Sha256.of(documents.stream()
                .map(document -> document.getByteBuffer().asNIO())
                .toList());
    }

    void done(Once once, Deadline deadline) {
        if (once.keyed()) {
            keys.done(once.key(), deadline);
        }
    }
}
