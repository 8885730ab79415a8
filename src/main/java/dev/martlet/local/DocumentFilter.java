package dev.martlet.local;

import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/// Whether a filter finds a document that is at hand, by MongoDB's rules.
public final class DocumentFilter {

    private DocumentFilter() {}

    /// @param filter of operators that the service lets through
    public static Predicate<RawBsonDocument> of(BsonDocument filter) {
        return Matcher.query(filter);
    }
}
