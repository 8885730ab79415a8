package dev.martlet.local;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterators;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonNumber;

/// The commands that read documents: `find`, and the `getMore` that follow.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/find/">find</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/getMore/">getMore</a>
final class ReadCommands {

    private static final int FIRST_BATCH = 101; // MongoDB's default
    /// What is known about one document without a search in it.
    private static final Set<String> SHORT = Set.of("_id", "$expr");

    private final Storage storage;
    private final Queries queries;
    private final OpenCursors cursors;
    private final SortMemory sortMemory = new SortMemory(Runtime.getRuntime().maxMemory());

    ReadCommands(Storage storage, Queries queries, OpenCursors cursors) {
        this.storage = storage;
        this.queries = queries;
        this.cursors = cursors;
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
            var scan = filter.candidates(storage, command.namespace(), isDescending(sort));
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
        filter.candidates(storage, namespace, false).forEachRemaining(stored -> {
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
        return OpenCursors.batch(command.namespace(), "firstBatch", batch, done ? 0 : cursors.add(cursor));
    }

    BsonDocument getMore(Command command, long id, OpenCursor cursor, BooleanSupplier abandoned) {
        Duration patience = queries.patience();
        Duration time = cursor.time().compareTo(patience) < 0 ? cursor.time() : patience;
        String namespace = command.database() + "." + command.string("collection");
        return queries.run(time, abandoned, () -> {
            BsonArray batch = cursor.next(command.number("batchSize", Integer.MAX_VALUE));
            boolean done = cursor.isExhausted();
            if (done) {
                cursors.remove(id);
            }
            return OpenCursors.batch(namespace, "nextBatch", batch, done ? 0 : id);
        });
    }
}
