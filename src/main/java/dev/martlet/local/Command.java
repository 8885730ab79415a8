package dev.martlet.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A command as it came: its own document, and the documents that were sent beside it, by the name of their
/// argument.
record Command(RawBsonDocument body, Map<String, List<RawBsonDocument>> sequences) {

    String name() {
        return body.getFirstKey();
    }

    /// The database and the collection.
    String namespace() {
        return database() + "." + string(name());
    }

    String database() {
        return string("$db");
    }

    String string(String argument) {
        if (body.get(argument) instanceof BsonString string) {
            return string.getValue();
        }
        throw CommandFailure.wrongType("'" + argument + "' must be a string");
    }

    int number(String argument, int otherwise) {
        return body.get(argument) instanceof BsonNumber number ? number.intValue() : otherwise;
    }

    boolean isTrue(String argument, boolean otherwise) {
        return isTrue(body, argument, otherwise);
    }

    static boolean isTrue(BsonDocument of, String argument, boolean otherwise) {
        return switch (of.get(argument)) {
            case BsonBoolean bool -> bool.getValue();
            case BsonNumber number -> number.doubleValue() != 0;
            case null, default -> otherwise;
        };
    }

    /// The document, or an empty one.
    BsonDocument document(String argument) {
        return document(body, argument);
    }

    static BsonDocument document(BsonDocument of, String argument) {
        return switch (of.get(argument)) {
            case BsonDocument document -> document;
            case null -> new BsonDocument();
            default -> throw CommandFailure.wrongType("'" + argument + "' must be a document");
        };
    }

    List<RawBsonDocument> documents(String argument) {
        List<RawBsonDocument> sequence = sequences.get(argument);
        if (sequence != null) {
            return sequence;
        }
        var documents = new ArrayList<RawBsonDocument>();
        for (BsonValue each : array(argument)) {
            documents.add(Documents.raw(each.asDocument()));
        }
        return documents;
    }

    BsonArray array(String argument) {
        if (body.get(argument) instanceof BsonArray array) {
            return array;
        }
        throw CommandFailure.wrongType("'" + argument + "' must be an array");
    }

    /// How long the command may take.
    Duration time(Duration otherwise) {
        int millis = number("maxTimeMS", 0);
        return millis <= 0 ? otherwise : Duration.ofMillis(millis);
    }

    @Nullable
    BsonValue get(String argument) {
        return body.get(argument);
    }
}
