package dev.martlet.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// The commands about collections and their indexes.
///
/// Only the index on `_id` makes a search shorter. An index with `expireAfterSeconds` has its effect. A unique
/// index is refused, because nothing here would enforce it. Other indexes are noted and have no effect.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/createIndexes/">createIndexes</a>
final class Definitions {

    private static final Set<String> INDEX_OPTIONS = Set.of("v", "key", "name", "expireAfterSeconds", "background");

    private final Storage storage;

    Definitions(Storage storage) {
        this.storage = storage;
    }

    private static BsonDocument done() {
        return new BsonDocument("ok", new BsonDouble(1));
    }

    BsonDocument create(Command command) {
        String namespace = command.namespace();
        return storage.change(generation -> {
            if (generation.collection(namespace) != null) {
                throw new CommandFailure(48, "NamespaceExists", "Collection " + namespace + " already exists.");
            }
            generation.changing(namespace);
            return done();
        });
    }

    BsonDocument drop(Command command) {
        String namespace = command.namespace();
        return storage.change(generation -> {
            if (generation.collection(namespace) == null) {
                throw missing(namespace);
            }
            generation.drop(namespace);
            return done();
        });
    }

    private static CommandFailure missing(String namespace) {
        return new CommandFailure(26, "NamespaceNotFound", "ns not found: " + namespace);
    }

    BsonDocument dropDatabase(Command command) {
        return storage.change(generation -> {
            names(generation, command.database()).forEach(name -> generation.drop(command.database() + "." + name));
            return done();
        });
    }

    private static List<String> names(Generation generation, String database) {
        String prefix = database + ".";
        return generation.catalog().namespaces().stream()
                .filter(namespace -> namespace.startsWith(prefix))
                .map(namespace -> namespace.substring(prefix.length()))
                .toList();
    }

    BsonDocument listCollections(Command command) {
        String database = command.database();
        var collections = new BsonArray();
        for (String name : storage.read(generation -> names(generation, database))) {
            collections.add(new BsonDocument("name", new BsonString(name))
                    .append("type", new BsonString("collection"))
                    .append("options", new BsonDocument()));
        }
        return OpenCursors.batch(database + ".$cmd.listCollections", "firstBatch", collections, 0);
    }

    BsonDocument listIndexes(Command command) {
        String namespace = command.namespace();
        List<BsonDocument> indexes = storage.read(generation -> {
            if (generation.collection(namespace) == null) {
                throw missing(namespace);
            }
            return generation.catalog().indexes(namespace);
        });
        var all = new BsonArray();
        all.add(new BsonDocument("v", new BsonInt32(2))
                .append("key", new BsonDocument("_id", new BsonInt32(1)))
                .append("name", new BsonString("_id_")));
        all.addAll(indexes);
        return OpenCursors.batch(namespace, "firstBatch", all, 0);
    }

    BsonDocument createIndexes(Command command) {
        String namespace = command.namespace();
        return storage.change(generation -> {
            generation.changing(namespace);
            var indexes = new ArrayList<>(generation.catalog().indexes(namespace));
            int before = indexes.size() + 1;
            for (BsonDocument index : command.documents("indexes")) {
                add(Documents.decoded(index).asDocument(), indexes);
            }
            generation.catalog().indexes(namespace, indexes);
            return done().append("numIndexesBefore", new BsonInt32(before))
                    .append("numIndexesAfter", new BsonInt32(indexes.size() + 1));
        });
    }

    private static void add(BsonDocument index, List<BsonDocument> indexes) {
        for (String option : index.keySet()) {
            if (!INDEX_OPTIONS.contains(option)) {
                throw new CommandFailure(
                        67, "CannotCreateIndex", "the embedded database has no index with the option " + option);
            }
        }
        if (index.containsKey("expireAfterSeconds") && !(index.get("expireAfterSeconds") instanceof BsonNumber)) {
            throw new CommandFailure(67, "CannotCreateIndex", "expireAfterSeconds must be a number");
        }
        for (BsonDocument other : indexes) {
            boolean sameKey = same("key", index, other);
            boolean sameName = same("name", index, other);
            if (sameKey && sameName && same("expireAfterSeconds", index, other)) {
                return;
            }
            if (sameKey) {
                throw new CommandFailure(
                        85,
                        "IndexOptionsConflict",
                        "An index with the same key exists with other options: " + other.toJson());
            }
            if (sameName) {
                throw new CommandFailure(
                        86, "IndexKeySpecsConflict", "An index with the same name exists: " + other.toJson());
            }
        }
        indexes.add(index);
    }

    private static boolean same(String field, BsonDocument a, BsonDocument b) {
        BsonValue x = a.get(field);
        BsonValue y = b.get(field);
        if (x == null || y == null) {
            return x == null && y == null;
        }
        return ValueOrder.ASCENDING.compare(x, y) == 0;
    }

    BsonDocument dropIndexes(Command command) {
        String namespace = command.namespace();
        return storage.change(generation -> {
            if (generation.collection(namespace) == null) {
                throw missing(namespace);
            }
            List<BsonDocument> indexes = generation.catalog().indexes(namespace);
            List<BsonDocument> left = indexes.stream()
                    .filter(index -> !isMeant(command.get("index"), index))
                    .toList();
            if (left.size() == indexes.size() && !new BsonString("*").equals(command.get("index"))) {
                throw new CommandFailure(27, "IndexNotFound", "index not found");
            }
            generation.catalog().indexes(namespace, left);
            return done().append("nIndexesWas", new BsonInt32(indexes.size() + 1));
        });
    }

    private static boolean isMeant(@Nullable BsonValue given, BsonDocument index) {
        return given != null
                && (given.equals(new BsonString("*"))
                        || given.equals(index.get("name"))
                        || (given.isDocument() && ValueOrder.ASCENDING.compare(given, index.getDocument("key")) == 0));
    }
}
