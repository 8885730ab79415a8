package dev.martlet.store;

import java.util.Optional;
import org.bson.RawBsonDocument;

/// What became of a conditional write.
public sealed interface Change {

    /// There was no document with this id; now there is.
    record Created(RawBsonDocument document) implements Change {}

    /// The document is now this one.
    record Replaced(RawBsonDocument document) implements Change {}

    record Deleted() implements Change {}

    /// There is no document with this id, and nothing was written.
    record Missing() implements Change {}

    /// The precondition did not hold, and nothing was written.
    ///
    /// @param present the document that was there
    record Refused(Optional<RawBsonDocument> present) implements Change {}
}
