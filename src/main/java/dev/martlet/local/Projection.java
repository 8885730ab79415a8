package dev.martlet.local;

import java.util.HashMap;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNumber;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// Which members of a document are returned: the named ones, or all but these. The `_id` is returned unless it is
/// excluded.
///
/// A path goes into the documents of an array, and of arrays in it. If the path is included, other elements of the
/// array are omitted.
///
/// @see <a href="https://www.mongodb.com/docs/manual/tutorial/project-fields-from-query-results/">Projections</a>
final class Projection {

    /// A member, and which members below it. None means the whole member.
    private static final class Tree {
        private final Map<String, Tree> below = new HashMap<>();
    }

    private final Tree named = new Tree();
    private final boolean including;

    private Projection(boolean including) {
        this.including = including;
    }

    /// @throws CommandFailure for a projection that computes, that mixes both kinds, or names a member and a part
    ///     of it
    static @Nullable Projection parse(@Nullable BsonDocument fields) {
        if (fields == null || fields.isEmpty()) {
            return null;
        }
        boolean id = !fields.containsKey("_id") || isTrue("_id", fields.get("_id"));
        boolean including = fields.entrySet().stream()
                .filter(field -> !field.getKey().equals("_id") || fields.size() == 1)
                .anyMatch(field -> isTrue(field.getKey(), field.getValue()));
        var projection = new Projection(including);
        fields.forEach((path, value) -> {
            if (!path.equals("_id")) {
                projection.name(path, isTrue(path, value));
            }
        });
        boolean named = projection.named.below.containsKey("_id");
        if (id == including && !(named && including)) {
            projection.named.below.put("_id", new Tree());
        }
        return projection;
    }

    private static boolean isTrue(String path, @Nullable BsonValue value) {
        return switch (value) {
            case BsonNumber number -> number.doubleValue() != 0;
            case BsonBoolean bool -> bool.getValue();
            case null, default ->
                throw CommandFailure.badValue("the projection of " + path + " is neither 1 nor 0, which is all that the"
                        + " embedded database knows");
        };
    }

    private void name(String path, boolean include) {
        if (include != including) {
            throw new CommandFailure(
                    include ? 31253 : 31254,
                    "Location" + (include ? 31253 : 31254),
                    "Cannot do " + (include ? "inclusion" : "exclusion") + " on field " + path
                            + " in a projection of the" + " other kind");
        }
        Tree at = named;
        boolean isNew = false;
        String[] names = path.split("\\.", -1);
        for (String name : names) {
            if (!isNew && at != named && at.below.isEmpty()) {
                throw collision(path);
            }
            isNew = !at.below.containsKey(name);
            at = at.below.computeIfAbsent(name, key -> new Tree());
        }
        if (!isNew && !at.below.isEmpty()) {
            throw collision(path);
        }
    }

    private static CommandFailure collision(String path) {
        return new CommandFailure(31250, "Location31250", "Path collision at " + path);
    }

    BsonDocument of(RawBsonDocument document) {
        return of(document, named);
    }

    private BsonDocument of(BsonDocument document, Tree tree) {
        var projected = new BsonDocument();
        for (Map.Entry<String, BsonValue> member : document.entrySet()) {
            Tree below = tree.below.get(member.getKey());
            BsonValue value = below == null ? (including ? null : member.getValue()) : of(member.getValue(), below);
            if (value != null) {
                projected.append(member.getKey(), value);
            }
        }
        return projected;
    }

    private @Nullable BsonValue of(BsonValue value, Tree tree) {
        if (tree.below.isEmpty()) {
            return including ? value : null;
        }
        return switch (value) {
            case BsonDocument document -> of(document, tree);
            case BsonArray array -> {
                var projected = new BsonArray();
                for (BsonValue element : array) {
                    BsonValue part = of(element, tree);
                    if (part != null) {
                        projected.add(part);
                    }
                }
                yield projected;
            }
            default -> including ? null : value;
        };
    }
}
