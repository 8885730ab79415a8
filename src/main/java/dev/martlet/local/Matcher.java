package dev.martlet.local;

import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A query filter: which documents match, and where to look for them.
///
/// ```java
/// Matcher.parse(BsonDocument.parse("{age: {$gte: 18}}")).matches(document);
/// ```
final class Matcher {

    private final Predicate<RawBsonDocument> test;
    private final KeyRange keys;
    private final @Nullable List<BsonValue> named;

    private Matcher(Predicate<RawBsonDocument> test, KeyRange keys, @Nullable List<BsonValue> named) {
        this.test = test;
        this.keys = keys;
        this.named = named;
    }

    /// @throws CommandFailure for an operator that MongoDB or this database does not know
    static Matcher parse(BsonDocument filter) {
        return new Matcher(
                KeyRange.saysAll(filter) ? document -> true : DocumentFilter.of(filter),
                KeyRange.of(filter),
                KeyLookup.named(filter));
    }

    /// The keys of all documents that can match.
    KeyRange keys() {
        return keys;
    }

    /// All documents that can match, in the order of their keys.
    Iterator<StoredDocument> candidates(Storage storage, String namespace, boolean descending) {
        return named == null
                ? new KeyScan(storage, namespace, keys, descending)
                : new KeyLookup(storage, namespace, named, descending);
    }

    /// @param document one whose `_id` is among the [#keys]
    boolean matches(RawBsonDocument document) {
        return test.test(document);
    }
}
