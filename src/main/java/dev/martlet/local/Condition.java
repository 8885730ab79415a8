package dev.martlet.local;

import java.util.List;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// What a query says of one member: the operators below its name.
///
/// It can be asked of a member of a document, which may be an array that stands for its elements; and of a single
/// value, as `$elemMatch` does. A value that is missing is `null`.
sealed interface Condition {

    Predicate<BsonDocument> at(String path);

    boolean holdsFor(@Nullable BsonValue value);

    /// That one of the values that the path leads to passes a test.
    ///
    /// @param throughArrays whether the elements of an array are among these values
    record Any(Predicate<@Nullable BsonValue> test, boolean throughArrays) implements Condition {

        @Override
        public Predicate<BsonDocument> at(String path) {
            var values = new MatchPath(path, throughArrays);
            return document -> values.any(document, test);
        }

        @Override
        public boolean holdsFor(@Nullable BsonValue value) {
            return test.test(value);
        }
    }

    /// That all of these hold, though perhaps each of another element.
    record All(List<Condition> conditions) implements Condition {

        @Override
        public Predicate<BsonDocument> at(String path) {
            return conditions.stream().map(each -> each.at(path)).reduce(document -> true, Predicate::and);
        }

        @Override
        public boolean holdsFor(@Nullable BsonValue value) {
            return conditions.stream().allMatch(each -> each.holdsFor(value));
        }
    }

    /// That this does not hold: of none of the elements, if there are several.
    record Not(Condition condition) implements Condition {

        @Override
        public Predicate<BsonDocument> at(String path) {
            return condition.at(path).negate();
        }

        @Override
        public boolean holdsFor(@Nullable BsonValue value) {
            return !condition.holdsFor(value);
        }
    }
}
