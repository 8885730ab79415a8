package dev.martlet.local;

import java.util.List;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// What a query says about one member: the operators below its name.
///
/// It can be applied to a member of a document. The member may be an array, which stands for its elements. It can
/// also be applied to a single value, as `$elemMatch` does. A missing value is `null`.
sealed interface Condition {

    Predicate<BsonDocument> at(String path);

    boolean holdsFor(@Nullable BsonValue value);

    /// One of the values at the path passes a test.
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

    /// All of these hold, perhaps each for another element.
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

    /// This does not hold: for no element, if there are several.
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
