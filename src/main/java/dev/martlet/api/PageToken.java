package dev.martlet.api;

import dev.martlet.http.PercentEncoding;
import dev.martlet.http.Problem;
import dev.martlet.http.Sha256;
import dev.martlet.json.DocumentId;
import dev.martlet.store.DocumentStore;
import dev.martlet.store.Query;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.bson.BSONException;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/// Stands for an `_id` that no address can name, because another client made it a number, a date, an object or a
/// long text. The token holds the id's BSON, which only this service reads. For a long id it holds a hash, and
/// where to look.
///
/// ```java
/// String token = PageToken.of(id, before);
/// BsonValue id = PageToken.parse(token).find(store, Query.ALL, timeout);
/// ```
///
/// @param id   the id; with a hash, an id somewhere before it
/// @param hash of the id; empty if `id` is the id itself
record PageToken(Optional<BsonValue> id, Optional<BsonBinary> hash) {

    private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();
    private static final String HASH = "sha256";
    /// How much an id of [DocumentId#MOST_BYTES] can take in an address, with every byte percent-encoded.
    private static final int MOST_NAME_CHARACTERS = 3 * DocumentId.MOST_BYTES;

    /// Whether an address can name the id.
    static boolean needless(BsonValue id) {
        return DocumentId.isText(id)
                && PercentEncoding.encode(DocumentId.text(id)).length() <= MOST_NAME_CHARACTERS;
    }

    /// @param before an earlier id, which is not too long itself; the nearer, the better
    static String of(BsonValue id, Optional<BsonValue> before) {
        byte[] bytes = bytes(id);
        if (bytes.length > DocumentId.MOST_BYTES) {
            var hashed = new BsonDocument(HASH, new BsonBinary(Sha256.of(bytes)));
            before.ifPresent(earlier -> hashed.append("_id", earlier));
            bytes = bytes(hashed);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] bytes(BsonValue id) {
        return bytes(new BsonDocument("_id", id));
    }

    private static byte[] bytes(BsonDocument document) {
        ByteBuffer bson = new RawBsonDocument(document, CODEC).getByteBuffer().asNIO();
        byte[] bytes = new byte[bson.remaining()];
        bson.get(bytes);
        return bytes;
    }

    /// @throws Problem 400 if [#of] did not make it
    static PageToken parse(String token) {
        try {
            BsonDocument parts = new RawBsonDocument(Base64.getUrlDecoder().decode(token)).decode(CODEC);
            Optional<BsonValue> id = Optional.ofNullable(parts.get("_id"));
            BsonValue hash = parts.get(HASH);
            if (id.map(Query::orders).orElse(hash != null)) {
                return new PageToken(id, Optional.ofNullable(hash).map(BsonValue::asBinary));
            }
        } catch (BSONException | IllegalArgumentException e) {
            // It is refused below.
        }
        throw Problem.badRequest("`cursor` is not one that this service has made: follow the Link of the page before.");
    }

    /// The id itself.
    ///
    /// @param query one that finds it, and the id before it
    /// @throws Problem 404 if it is gone
    BsonValue find(DocumentStore store, Query query, Duration timeout) {
        if (hash.isEmpty()) {
            return id.orElseThrow();
        }
        byte[] wanted = hash.get().getData();
        return store.first(
                        id.map(query::after).orElse(query),
                        candidate -> Arrays.equals(wanted, Sha256.of(bytes(candidate))),
                        timeout)
                .orElseThrow(() ->
                        Problem.notFound("The document that `cursor` stands for is gone: begin again without it."));
    }
}
