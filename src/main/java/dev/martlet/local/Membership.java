package dev.martlet.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonRegularExpression;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// Whether a value is in a list, as for `$in`. A value is compared with about ten of a thousand plain values. Null,
/// which equals a missing value, and regular expressions are tried one by one.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/in/">$in</a>
final class Membership implements Predicate<@Nullable BsonValue> {

    private final Set<BsonValue> plain = new TreeSet<>(ValueOrder.ASCENDING);
    private final List<Predicate<@Nullable BsonValue>> others = new ArrayList<>();

    Membership(BsonArray values) {
        for (BsonValue value : values) {
            if (value instanceof BsonRegularExpression) {
                others.add(LinearPattern.of(value, null));
            } else if (Comparison.isNull(value)) {
                others.add(each -> Comparison.equal(each, value));
            } else {
                plain.add(Documents.decoded(value));
            }
        }
    }

    @Override
    public boolean test(@Nullable BsonValue value) {
        return (value != null && plain.contains(value)) || others.stream().anyMatch(other -> other.test(value));
    }
}
