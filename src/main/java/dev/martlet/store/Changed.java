package dev.martlet.store;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// A change of a document. A majority has it.
///
/// @param place    its place among all changes; texts of places sort in the order of the changes
/// @param document the document after the change; empty after a deletion
/// @param millis   the time of the change, by the database's clock; 0 if it is not known
public record Changed(String place, What what, BsonValue id, Optional<RawBsonDocument> document, long millis) {

    /// What was done.
    public enum What {
        INSERTED,
        REPLACED,
        DELETED
    }

    /// The pipeline for the events that [#of] reads. It leaves out the description of updates, which other clients may
    /// make: beside the whole document, it would be as large again.
    ///
    /// No event may be larger than 16 MiB and 16 KiB (`BSONObjMaxInternalSize`). All that stands beside the largest
    /// document of this service, which has an `_id` of 1 KiB at most, takes some 4 KiB.
    ///
    /// @param stream the options of `$changeStream`
    /// @see <a href="https://www.mongodb.com/docs/manual/changeStreams/">Change streams</a>, and there
    ///      `$changeStreamSplitLargeEvent`
    static BsonArray pipeline(BsonDocument stream) {
        return new BsonArray(List.of(
                new BsonDocument("$changeStream", stream),
                new BsonDocument("$project", new BsonDocument("updateDescription", new BsonInt32(0)))));
    }

    /// The change in a [change event](https://www.mongodb.com/docs/manual/reference/change-events/). Empty if it is
    /// not about a document, or the document was gone when it was looked up.
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

    /// A copy, which does not keep the whole answer in memory.
    private static RawBsonDocument copy(RawBsonDocument part) {
        int from = part.getByteOffset();
        return new RawBsonDocument(Arrays.copyOfRange(part.getBackingArray(), from, from + part.getByteLength()));
    }

    private static long millis(BsonDocument event) {
        if (event.isDateTime("wallTime")) {
            return event.getDateTime("wallTime").getValue();
        }
        // Before MongoDB 6.0 there are only whole seconds. The change may have been at the end of that second.
        return event.isTimestamp("clusterTime")
                ? 1000L * event.getTimestamp("clusterTime").getTime() + 999
                : 0;
    }
}
