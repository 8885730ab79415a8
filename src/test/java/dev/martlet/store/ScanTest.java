package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClients;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import dev.martlet.SharedDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Passes in a heap that has room for one batch of documents of any size.
class ScanTest {

    private static final int DOCUMENTS = 5_500;
    private static final int PASSES = 8;

    private final String collection = SharedDatabase.freshCollection();

    @AfterEach
    void drop() {
        SharedDatabase.driver().getCollection(collection).drop();
    }

    @Test
    void passesAtOnce_readAsOneAlone_eachWithOneCursor() throws Exception {
        SharedDatabase.driver()
                .getCollection(collection, BsonDocument.class)
                .insertMany(IntStream.range(0, DOCUMENTS)
                        .mapToObj(id -> new BsonDocument("_id", new BsonInt32(id)))
                        .toList());
        var finds = new AtomicInteger();
        var listener = new CommandListener() {
            @Override
            public void commandStarted(CommandStartedEvent event) {
                finds.addAndGet(event.getCommandName().equals("find") ? 1 : 0);
            }
        };
        try (var client = MongoClients.create(MongoClientSettings.builder()
                        .applyConnectionString(new ConnectionString(SharedDatabase.uri()))
                        .addCommandListener(listener)
                        .build());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var access = SharedDatabase.access(client);
            var time = new Time();
            var attempts = new Attempts(
                    access,
                    client.getDatabase(access.database()),
                    new Breaker(() -> {}, Duration.ofSeconds(10), time),
                    (operation, nanos, failed) -> {},
                    time);
            var reads = new Reads(1, Duration.ofMinutes(1));
            var passes = new ArrayList<Future<List<Integer>>>();
            for (int i = 0; i < PASSES; i++) {
                passes.add(threads.submit(() -> {
                    try (var scan = new Scan(
                            attempts,
                            new Target(collection),
                            Query.ALL,
                            Duration.ofSeconds(30),
                            new AtomicLong(20),
                            reads,
                            (bytes, useful, waits) -> useful)) {
                        var ids = new ArrayList<Integer>();
                        for (var one = scan.next(); one != null; one = scan.next()) {
                            ids.add(one.getInt32("_id").getValue());
                        }
                        return ids;
                    }
                }));
            }
            for (var pass : passes) {
                assertEquals(IntStream.range(0, DOCUMENTS).boxed().toList(), pass.get());
            }
        }
        assertEquals(PASSES, finds.get());
    }
}
