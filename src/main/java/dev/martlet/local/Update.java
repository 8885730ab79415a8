package dev.martlet.local;

import java.util.Map;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// An update: a replacement of the document, or operators that set and remove members.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/update/">Update operators</a>
final class Update {

    private final BsonDocument update;
    private final boolean replaces;

    private Update(BsonDocument update) {
        this.update = update;
        this.replaces = update.isEmpty() || !update.getFirstKey().startsWith("$");
    }

    /// @throws CommandFailure for operators other than `$set`, `$setOnInsert` and `$unset`
    static Update parse(BsonValue update) {
        if (!(update instanceof BsonDocument document)) {
            throw CommandFailure.wrongType("the embedded database knows no update by a pipeline");
        }
        var parsed = new Update(document);
        if (!parsed.replaces) {
            for (String operator : document.keySet()) {
                switch (operator) {
                    case "$set", "$setOnInsert", "$unset" -> {}
                    default ->
                        throw new CommandFailure(
                                9, "FailedToParse", "the embedded database does not know the update " + operator);
                }
            }
        }
        return parsed;
    }

    boolean replaces() {
        return replaces;
    }

    /// The result for an existing document.
    RawBsonDocument of(RawBsonDocument before) {
        return withId(idOf(before), replaces ? update : changed(decoded(before), false));
    }

    /// The result if there is no document.
    ///
    /// @param id the `_id` in the query; null leaves it to the update or the database
    RawBsonDocument ofNothing(@Nullable BsonValue id) {
        var before = id == null ? new BsonDocument() : new BsonDocument("_id", id);
        return withId(id, replaces ? update : changed(before, true));
    }

    private static BsonValue idOf(RawBsonDocument document) {
        return Documents.decoded(Keys.of(document));
    }

    private static BsonDocument decoded(RawBsonDocument document) {
        return Documents.decoded(document).asDocument();
    }

    /// The `_id` comes first. It keeps its type if the update has an equal one of another type.
    private static RawBsonDocument withId(@Nullable BsonValue id, BsonDocument document) {
        BsonValue given = document.get("_id");
        if (id != null && given != null && ValueOrder.ASCENDING.compare(id, given) != 0) {
            throw new CommandFailure(
                    66,
                    "ImmutableField",
                    "After applying the update, the (immutable) field '_id' was found to have been altered");
        }
        return Keys.withId(id != null ? id : Keys.orNew(given), document);
    }

    private BsonDocument changed(BsonDocument document, boolean inserting) {
        for (Map.Entry<String, BsonValue> operator : update.entrySet()) {
            boolean applies = inserting || !operator.getKey().equals("$setOnInsert");
            if (applies && operator.getValue() instanceof BsonDocument members) {
                boolean unset = operator.getKey().equals("$unset");
                members.forEach((path, value) -> set(document, path, unset ? null : value));
            }
        }
        return document;
    }

    private static void set(BsonDocument document, String path, @Nullable BsonValue value) {
        int dot = path.indexOf('.');
        if (dot < 0 && value == null) {
            document.remove(path);
        } else if (dot < 0 && value != null) {
            document.put(path, value);
        } else {
            String name = path.substring(0, dot);
            BsonValue below = document.get(name);
            if (below == null && value == null) {
                return;
            }
            if (below == null) {
                below = new BsonDocument();
                document.put(name, below);
            }
            if (!(below instanceof BsonDocument inner)) {
                throw new CommandFailure(28, "PathNotViable", "Cannot create field in element " + name);
            }
            set(inner, path.substring(dot + 1), value);
        }
    }
}
