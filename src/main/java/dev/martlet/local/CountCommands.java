package dev.martlet.local;

import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// The commands that count: `count`, and the `aggregate` with which drivers do.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/count/">count</a>
final class CountCommands {

    private final Storage storage;
    private final Queries queries;

    CountCommands(Storage storage, Queries queries) {
        this.storage = storage;
        this.queries = queries;
    }

    BsonDocument count(Command command, BooleanSupplier abandoned) {
        BsonDocument query = command.document("query");
        long count = count(command, abandoned, query, command.number("skip", 0), Math.abs(command.number("limit", 0)));
        return new BsonDocument("n", new BsonInt64(count)).append("ok", new BsonDouble(1));
    }

    private long count(Command command, BooleanSupplier abandoned, BsonDocument query, long skip, long limit) {
        String namespace = command.namespace();
        if (query.isEmpty() && skip == 0 && limit == 0) {
            return storage.read(generation -> size(generation, namespace));
        }
        Matcher filter = Matcher.parse(query);
        var scan = filter.candidates(storage, namespace, false);
        Duration time = command.time(queries.patience());
        Supplier<Long> counting = () -> new OpenCursor(scan, filter, skip, limit, null, time, () -> {}).count();
        return queries.run(time, abandoned, counting);
    }

    private static long size(Generation generation, String namespace) {
        var documents = generation.collection(namespace);
        return documents == null ? 0 : documents.sizeAsLong();
    }

    /// `$match`, `$skip`, `$limit` and a `$group` that adds up ones, in this order.
    BsonDocument aggregate(Command command, BooleanSupplier abandoned) {
        BsonDocument query = new BsonDocument();
        long skip = 0;
        long limit = 0;
        String counted = null;
        BsonValue group = new BsonInt32(1);
        for (BsonValue each : command.array("pipeline")) {
            Map.Entry<String, BsonValue> stage =
                    each.asDocument().entrySet().iterator().next();
            switch (stage.getKey()) {
                case "$match" -> query = stage.getValue().asDocument();
                case "$skip" -> skip = stage.getValue().asNumber().longValue();
                case "$limit" -> limit = stage.getValue().asNumber().longValue();
                case "$group" -> {
                    counted = counted(stage.getValue().asDocument());
                    group = stage.getValue().asDocument().get("_id");
                }
                default -> throw unknown(stage.getKey());
            }
        }
        if (counted == null || group == null) {
            throw unknown("a pipeline that does not count");
        }
        long count = count(command, abandoned, query, skip, limit);
        var batch = new BsonArray();
        if (count > 0) {
            batch.add(new BsonDocument("_id", group).append(counted, new BsonInt32((int) count)));
        }
        return OpenCursors.batch(command.namespace(), "firstBatch", batch, 0);
    }

    /// The name of the member that counts.
    private static @Nullable String counted(BsonDocument group) {
        BsonDocument sum = new BsonDocument("$sum", new BsonInt32(1));
        return group.entrySet().stream()
                .filter(member -> member.getValue().equals(sum))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    private static CommandFailure unknown(String stage) {
        return new CommandFailure(
                40324, "Location40324", "the embedded database does not know " + stage + " in aggregate");
    }
}
