package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.store.Query;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.bson.BSONException;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/// Where a page ends at an `_id` that no URL can name, because another client made it a number, a date or an object:
/// its BSON, for nobody but this service to read.
final class PageToken {

    private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();

    private PageToken() {}

    static String of(BsonValue id) {
        ByteBuffer bson = new RawBsonDocument(new BsonDocument("_id", id), CODEC)
                .getByteBuffer()
                .asNIO();
        byte[] bytes = new byte[bson.remaining()];
        bson.get(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /// @throws Problem 400 when it is not one of [#of]
    static BsonValue parse(String cursor) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(cursor);
            BsonValue id = new RawBsonDocument(bytes).decode(CODEC).get("_id");
            if (id != null && Query.orders(id)) {
                return id;
            }
        } catch (BSONException | IllegalArgumentException e) {
            // Refused below.
        }
        throw Problem.badRequest("`cursor` is not one that this service has made: follow the Link of the page before.");
    }
}
