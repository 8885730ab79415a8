package dev.martlet.local;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterators;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// The commands that read: `find`, `getMore`, `killCursors`, `count`, and of `aggregate` what drivers count with.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/find/">find</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/getMore/">getMore</a>
final class ReadCommands {

    private static final int FIRST_BATCH = 101; // MongoDB's default
    /// What can be said of one document without a search in it.
    private static final Set<String> SHORT = Set.of("_id", "$expr");

    private final Storage storage;
    private final Queries queries;
    private final OpenCursors cursors = new OpenCursors();
    private final SortMemory sortMemory = new SortMemory(Runtime.getRuntime().maxMemory());

    ReadCommands(Storage storage, Queries queries) {
        this.storage = storage;
        this.queries = queries;
    }

    int openCursors() {
        return cursors.count();
    }

    /// @param abandoned whether nobody waits for the answer any more
    BsonDocument find(Command command, BooleanSupplier abandoned) {
        BsonDocument query = command.document("filter");
        Matcher filter = Matcher.parse(query);
        BsonDocument sort = command.document("sort");
        if (filter.keys().isPoint() && SHORT.containsAll(query.keySet())) {
            return first(command, cursor(command, byKey(command.namespace(), filter), filter, () -> {}));
        }
        Duration time = command.time(queries.patience());
        if (isByKey(sort)) {
            var scan = new KeyScan(storage, command.namespace(), filter.keys(), isDescending(sort));
            return queries.run(time, abandoned, () -> first(command, cursor(command, scan, filter, () -> {})));
        }
        SortMemory.Share memory = sortMemory.reserve(time);
        boolean answered = false;
        try {
            BsonDocument answer = queries.run(
                    time,
                    abandoned,
                    () -> first(
                            command, cursor(command, sorted(command, filter, sort, memory), filter, memory::close)));
            answered = true;
            return answer;
        } finally {
            if (!answered) {
                memory.close();
            }
        }
    }

    private Iterator<StoredDocument> byKey(String namespace, Matcher filter) {
        StoredDocument found = StoredDocument.find(
                storage, namespace, Objects.requireNonNull(filter.keys().from()));
        return found == null ? Collections.emptyIterator() : List.of(found).iterator();
    }

    private static boolean isByKey(BsonDocument sort) {
        return sort.isEmpty()
                || sort.getFirstKey().equals("_id")
                || sort.getFirstKey().equals("$natural");
    }

    private static boolean isDescending(BsonDocument sort) {
        return !sort.isEmpty() && sort.get(sort.getFirstKey()) instanceof BsonNumber by && by.intValue() < 0;
    }

    private Iterator<StoredDocument> sorted(
            Command command, Matcher filter, BsonDocument sort, SortMemory.Share memory) {
        String namespace = command.namespace();
        int limit = limit(command);
        var sorted = new SortedKeys(
                SortKey.parse(sort), limit == 0 ? 0 : Math.addExact(limit, command.number("skip", 0)), memory);
        new KeyScan(storage, namespace, filter.keys(), false).forEachRemaining(stored -> {
            Work.check();
            var document = stored.document();
            if (filter.matches(document)) {
                sorted.add(stored.key(), document);
            }
        });
        return stream(sorted.keys())
                .flatMap(key -> Stream.ofNullable(StoredDocument.find(storage, namespace, key)))
                .iterator();
    }

    private static <T> Stream<T> stream(Iterator<T> iterator) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator, 0), false);
    }

    private static int limit(Command command) {
        return Math.abs(command.number("limit", 0));
    }

    private OpenCursor cursor(Command command, Iterator<StoredDocument> source, Matcher filter, Runnable release) {
        return new OpenCursor(
                source,
                filter,
                command.number("skip", 0),
                limit(command),
                Projection.parse(command.document("projection")),
                command.time(Duration.ofDays(1)),
                release);
    }

    private BsonDocument first(Command command, OpenCursor cursor) {
        BsonArray batch = cursor.next(command.number("batchSize", FIRST_BATCH));
        boolean done = cursor.isExhausted() || command.isTrue("singleBatch", false) || command.number("limit", 0) < 0;
        if (done) {
            cursor.close();
        }
        return batch(command.namespace(), "firstBatch", batch, done ? 0 : cursors.add(cursor));
    }

    BsonDocument getMore(Command command, BooleanSupplier abandoned) {
        long id = command.get("getMore") instanceof BsonInt64 number ? number.getValue() : 0;
        OpenCursor cursor = cursors.get(id);
        Duration patience = queries.patience();
        Duration time = cursor.time().compareTo(patience) < 0 ? cursor.time() : patience;
        String namespace = command.database() + "." + command.string("collection");
        return queries.run(time, abandoned, () -> {
            BsonArray batch = cursor.next(command.number("batchSize", Integer.MAX_VALUE));
            boolean done = cursor.isExhausted();
            if (done) {
                cursors.remove(id);
            }
            return batch(namespace, "nextBatch", batch, done ? 0 : id);
        });
    }

    BsonDocument killCursors(Command command) {
        var killed = new BsonArray();
        var unknown = new BsonArray();
        for (BsonValue id : command.array("cursors")) {
            (id.isInt64() && cursors.remove(id.asInt64().getValue()) ? killed : unknown).add(id);
        }
        return done("cursorsKilled", killed).append("cursorsNotFound", unknown);
    }

    /// An answer that has documents; a cursor of 0 means that there are no more.
    static BsonDocument batch(String namespace, String field, BsonArray documents, long cursor) {
        return done(
                "cursor",
                new BsonDocument("id", new BsonInt64(cursor))
                        .append("ns", new BsonString(namespace))
                        .append(field, documents));
    }

    private static BsonDocument done(String field, BsonValue value) {
        return new BsonDocument(field, value).append("ok", new BsonDouble(1));
    }

    BsonDocument count(Command command, BooleanSupplier abandoned) {
        BsonDocument query = command.document("query");
        long count = count(command, abandoned, query, command.number("skip", 0), limit(command));
        return done("n", new BsonInt64(count));
    }

    private long count(Command command, BooleanSupplier abandoned, BsonDocument query, long skip, long limit) {
        String namespace = command.namespace();
        if (query.isEmpty() && skip == 0 && limit == 0) {
            return storage.read(generation -> size(generation, namespace));
        }
        Matcher filter = Matcher.parse(query);
        var scan = new KeyScan(storage, namespace, filter.keys(), false);
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
        return batch(command.namespace(), "firstBatch", batch, 0);
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
