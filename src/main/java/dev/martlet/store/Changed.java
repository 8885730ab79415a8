package dev.martlet.store;

import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// One change of one document, which a majority has.
///
/// @param place    that of the change among all others: the texts of places sort as the changes came
/// @param document as the change left it; empty after a deletion
/// @param millis   when it was made, by the database's clock; 0 if that is not known
public record Changed(String place, What what, BsonValue id, Optional<RawBsonDocument> document, long millis) {

    /// What was done.
    public enum What {
        INSERTED,
        REPLACED,
        DELETED
    }

    /// What a [change event](https://www.mongodb.com/docs/manual/reference/change-events/) tells; empty if it is of no
    /// document, or of one that was gone when it was looked up.
    static Optional<Changed> of(BsonDocument event, String place) {
        What what =
                switch (event.getString("operationType").getValue()) {
                    case "insert" -> What.INSERTED;
                    case "replace", "update" -> What.REPLACED;
                    case "delete" -> What.DELETED;
                    default -> null;
                };
        boolean gone = what != What.DELETED && !event.isDocument("fullDocument");
        if (what == null || gone) {
            return Optional.empty();
        }
        BsonValue id = event.getDocument("documentKey").get("_id", BsonNull.VALUE);
        Optional<RawBsonDocument> document = what == What.DELETED
                ? Optional.empty()
                : Optional.of(copy((RawBsonDocument) event.getDocument("fullDocument")));
        return Optional.of(new Changed(place, what, id, document, millis(event)));
    }

    /// Which does not keep the whole answer in memory.
    private static RawBsonDocument copy(RawBsonDocument part) {
        int from = part.getByteOffset();
        return new RawBsonDocument(Arrays.copyOfRange(part.getBackingArray(), from, from + part.getByteLength()));
    }

    private static long millis(BsonDocument event) {
        if (event.isDateTime("wallTime")) {
            return event.getDateTime("wallTime").getValue();
        }
        // Before MongoDB 6.0: in whole seconds, of which it may have been the end.
        return event.isTimestamp("clusterTime")
                ? 1000L * event.getTimestamp("clusterTime").getTime() + 999
                : 0;
    }
}
