package dev.martlet.local;

import java.util.Locale;
import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// One change of a collection.
///
/// @param number   later changes have greater numbers; as a BSON timestamp it is also the time
/// @param previous the number of the change before it
/// @param document what the change left, if the log holds it; null for a removal
record LoggedChange(
        long number,
        long previous,
        Kind kind,
        BsonValue key,
        @Nullable RawBsonDocument document) {

    enum Kind {
        INSERT,
        REPLACE,
        UPDATE,
        DELETE;

        /// As in an event's `operationType`.
        BsonString text() {
            return new BsonString(name().toLowerCase(Locale.ROOT));
        }
    }

    /// The change that was [#sealed]; null if it is damaged.
    static @Nullable LoggedChange read(long number, byte[] sealed) {
        if (!Seal.isWhole(sealed)) {
            return null;
        }
        RawBsonDocument entry = Seal.document(sealed);
        return new LoggedChange(
                number,
                entry.getTimestamp("previous").getValue(),
                Kind.valueOf(entry.getString("kind").getValue().toUpperCase(Locale.ROOT)),
                Documents.detached(Objects.requireNonNull(entry.get("key"))),
                entry.get("document") instanceof RawBsonDocument document ? document : null);
    }

    byte[] sealed() {
        var entry = new BsonDocument("previous", new BsonTimestamp(previous))
                .append("kind", kind.text())
                .append("key", key);
        if (document != null) {
            entry.append("document", document);
        }
        return Seal.seal(Documents.raw(entry), Seal.NO_CHANGE);
    }

    LoggedChange with(RawBsonDocument left) {
        return new LoggedChange(number, previous, kind, key, left);
    }
}
