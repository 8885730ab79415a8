package dev.martlet.local;

import java.util.Map;
import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// Makes sure that the `_id` of a document is present, first, and of an allowed type.
///
/// @see <a href="https://www.mongodb.com/docs/manual/core/document/#the-_id-field">The _id field</a>
final class Keys {

    private static final int MOST_BYTES = 16 << 20;

    private Keys() {}

    static BsonValue of(RawBsonDocument document) {
        return Objects.requireNonNull(document.get("_id"));
    }

    /// The document as it is stored. Its bytes stay as they are, unless the `_id` is missing or not first.
    ///
    /// @throws CommandFailure if it is too large, or its `_id` cannot be one
    static RawBsonDocument storable(RawBsonDocument document) {
        boolean asItIs = !document.isEmpty() && document.getFirstKey().equals("_id");
        RawBsonDocument storable = asItIs ? document : withId(orNew(document.get("_id")), document);
        if (storable.getByteLength() > MOST_BYTES) {
            throw new CommandFailure(
                    10334,
                    "BSONObjectTooLarge",
                    "the document has " + storable.getByteLength() + " bytes, the limit is " + MOST_BYTES);
        }
        switch (of(storable).getBsonType()) {
            case ARRAY, REGULAR_EXPRESSION, UNDEFINED ->
                throw new CommandFailure(
                        53, "InvalidIdField", "The '_id' value cannot be an array, a regex or undefined");
            default -> {}
        }
        return storable;
    }

    static BsonValue orNew(@Nullable BsonValue id) {
        return id == null ? new BsonObjectId() : id;
    }

    static RawBsonDocument withId(BsonValue id, BsonDocument document) {
        if (document instanceof RawBsonDocument raw
                && !raw.isEmpty()
                && raw.getFirstKey().equals("_id")
                && id.equals(raw.get("_id"))) {
            return raw;
        }
        var first = new BsonDocument("_id", id);
        for (Map.Entry<String, BsonValue> member : document.entrySet()) {
            first.putIfAbsent(member.getKey(), member.getValue());
        }
        return Documents.raw(first);
    }
}
