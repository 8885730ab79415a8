package dev.martlet.local;

import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// The values that a condition on `a.b.c` looks at: the value at the path and, for arrays on the way, that of each
/// element.
///
/// ```
///   a.b   {a: {b: 1}}              1
///   a.b   {a: [{b: 1}, {}, 5]}     1, nothing
///   a.1   {a: [[3], [4]]}          [4]
///   a     {a: [1, [2]]}            1, [2], [1, [2]]
///   a.b   {a: 5}                   nothing
/// ```
///
/// Nothing, a missing member, is a value of its own here: `null`.
///
/// @see <a href="https://www.mongodb.com/docs/manual/tutorial/query-array-of-documents/">Query an array of embedded
/// documents</a>
/// @see <a href="https://www.mongodb.com/docs/manual/tutorial/query-arrays/">Query an array</a>
final class MatchPath {

    private final String[] names;
    private final boolean throughLastArray;

    /// @param throughLastArray whether an array at the end of the path stands for its elements too
    MatchPath(String path, boolean throughLastArray) {
        this.names = path.split("\\.", -1);
        this.throughLastArray = throughLastArray;
    }

    /// Whether any of the values passes.
    boolean any(BsonDocument document, Predicate<@Nullable BsonValue> test) {
        return inDocument(document, 0, test);
    }

    private boolean inDocument(BsonDocument document, int at, Predicate<@Nullable BsonValue> test) {
        BsonValue value = document.get(names[at]);
        if (at == names.length - 1) {
            return test.test(value)
                    || (throughLastArray
                            && value instanceof BsonArray array
                            && array.stream().anyMatch(test));
        }
        return switch (value) {
            case BsonDocument inner -> inDocument(inner, at + 1, test);
            case BsonArray array -> inArray(array, at + 1, test);
            case null, default -> test.test(null);
        };
    }

    /// A name means a member of each element that is a document. A number also means the element with that index.
    private boolean inArray(BsonArray array, int at, Predicate<@Nullable BsonValue> test) {
        int place = 0;
        for (BsonValue element : array) {
            if (element instanceof BsonDocument document && inDocument(document, at, test)) {
                return true;
            }
            if (isPlace(names[at], place++) && inElement(element, at, test)) {
                return true;
            }
        }
        return false;
    }

    private boolean inElement(BsonValue element, int at, Predicate<@Nullable BsonValue> test) {
        if (at == names.length - 1) {
            return test.test(element);
        }
        return switch (element) {
            case BsonDocument document -> inDocument(document, at + 1, test);
            case BsonArray array -> inArray(array, at + 1, test);
            default -> false;
        };
    }

    private static boolean isPlace(String name, int place) {
        return !name.isEmpty() && Character.isDigit(name.charAt(0)) && name.equals(Integer.toString(place));
    }
}
