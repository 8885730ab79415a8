package dev.martlet.api;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import dev.martlet.Service;
import dev.martlet.replicas.Fault;
import dev.martlet.replicas.ReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The stream of changes on a replica set.
@Timeout(120)
class FeedTest extends FeedContract {

    private static ReplicaSet set;
    private static MongoClient driver;
    private static int collections;

    @BeforeAll
    static void open() throws Exception {
        set = ReplicaSet.start();
        driver = MongoClients.create(set.uri());
    }

    /// No cursor is left at the database.
    @Override
    @AfterEach
    void stop() throws Exception {
        super.stop();
        eventually(SOON, () -> assertEquals(0, set.watches()));
    }

    @AfterAll
    static void close() {
        driver.close();
        set.close();
    }

    @Override
    Service fresh() {
        return Service.with(
                "MONGODB_URI", set.uri(), "MONGO_DATABASE", "martlet", "MONGO_COLLECTION", "feed-" + ++collections);
    }

    @Override
    MongoCollection<Document> documents() {
        return driver.getDatabase("martlet").getCollection("feed-" + collections);
    }

    @Test
    void lastEventId_thatIsNone_is400() {
        for (String id : List.of("x", "82", "123", "0".repeat(30))) {
            assertEquals(
                    """
                    400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"`Last-Event-ID` is not the id of an event: \
                    omit it to watch from now on."}""",
                    client.get("/data", "Accept", "text/event-stream", "Last-Event-ID", id)
                            .told(),
                    id);
        }
    }

    @Test
    void lastEventId_thatIsTooOld_is410() throws Exception {
        String last;
        try (var source = watch()) {
            last = source.lastId();
        }
        client.post("{\"_id\":\"a\"}");
        client.post("{\"_id\":\"b\"}");
        eventually(SOON, () -> {
            set.forgetHistory();
            assertEquals(
                    """
                    410 {"type":"about:blank","title":"Gone","status":410,"detail":"The database has forgotten what came after `Last-Event-ID`: \
                    watch without it, and list the documents when the stream has begun."}""",
                    new Client(() -> other.port())
                            .get("/data", "Accept", "text/event-stream", "Last-Event-ID", last)
                            .told());
        });
    }

    @Test
    void watchers_shareOneStreamOfTheDatabase() throws Exception {
        try (var one = watch();
                var two = watch();
                var three = watch()) {
            assertEquals(3, List.of(one, two, three).size());
            assertEquals(1, set.watches());
        }
    }

    @Test
    void election_losesNothing_andDoublesNothing() throws Exception {
        try (var source = watch()) {
            client.post("{\"_id\":\"a\"}");
            set.stepDown(Duration.ofMillis(500), true);
            client.post("{\"_id\":\"b\"}");
            set.kill(Duration.ofMillis(500));
            client.post("{\"_id\":\"c\"}");
            assertTold("""
                    inserted {"_id":"a"}
                    inserted {"_id":"b"}
                    inserted {"_id":"c"}
                    """, source);
            assertEquals(1, source.connections());
        }
    }

    /// Behind several mongos, only one of them has the cursor.
    @Test
    void cursorThatIsNotFound_isLookedForAgain() throws Exception {
        var opened = new AtomicInteger();
        var asked = new AtomicInteger();
        set.onCommand(command -> {
            opened.addAndGet(command.containsKey("aggregate") ? 1 : 0);
            return command.containsKey("getMore") && asked.incrementAndGet() % 3 != 0 ? Fault.error(43) : Fault.NONE;
        });
        try (var source = watch()) {
            client.post("{\"_id\":\"a\"}");
            assertTold("inserted {\"_id\":\"a\"}", source);
            client.post("{\"_id\":\"b\"}");
            assertTold("""
                    inserted {"_id":"a"}
                    inserted {"_id":"b"}
                    """, source);
            assertEquals(1, opened.get());
        } finally {
            set.onCommand(command -> Fault.NONE);
        }
    }
}
