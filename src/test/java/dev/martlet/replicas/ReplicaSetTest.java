package dev.martlet.replicas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoWriteConcernException;
import com.mongodb.MongoWriteException;
import com.mongodb.ReadConcern;
import com.mongodb.WriteConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.ReplaceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The test members themselves follow the rules of MongoDB's documents.
@Timeout(60)
class ReplicaSetTest {

    private static final Duration SHORT = Duration.ofMillis(100);

    private ReplicaSet set;
    private MongoClient client;
    private MongoCollection<Document> documents;

    @BeforeEach
    void start() throws Exception {
        set = ReplicaSet.start();
        client = MongoClients.create(set.uri());
        documents = client.getDatabase("martlet").getCollection("data").withReadConcern(ReadConcern.MAJORITY);
    }

    @AfterEach
    void end() {
        client.close();
        set.close();
        assertEquals(List.of(), set.broken());
    }

    private static Document one(int n) {
        return new Document("_id", "a").append("n", n);
    }

    private static Document byId() {
        return new Document("_id", "a");
    }

    @Test
    void documents_areWrittenReadAndListed() {
        for (int i = 0; i < 250; i++) {
            documents.insertOne(new Document("_id", String.format("%03d", i)).append("n", i % 2));
        }
        assertEquals(
                11000,
                assertThrows(MongoWriteException.class, () -> documents.insertOne(new Document("_id", "001")))
                        .getCode());
        assertEquals(
                1,
                documents
                        .replaceOne(new Document("_id", "001"), new Document("n", 5))
                        .getModifiedCount());
        assertEquals(
                new BsonString("new"),
                documents
                        .replaceOne(new Document("_id", "new"), new Document("n", 5), new ReplaceOptions().upsert(true))
                        .getUpsertedId());
        assertEquals(1, documents.deleteOne(new Document("_id", "002")).getDeletedCount());
        assertEquals(
                124,
                documents
                        .find(new Document("n", 0))
                        .batchSize(10)
                        .into(new ArrayList<>())
                        .size());
        assertEquals(
                List.of("249", "new"),
                documents
                        .find(new Document("_id", new Document("$gt", "248")))
                        .projection(new Document("_id", 1))
                        .map(each -> each.getString("_id"))
                        .into(new ArrayList<>()));
    }

    @Test
    void majorityRead_showsOnlyWhatAMajorityHas() {
        documents.insertOne(one(1));
        set.replicationDelay(Duration.ofMillis(500));

        documents.withWriteConcern(WriteConcern.W1).replaceOne(byId(), one(2));

        assertEquals(one(1), documents.find(byId()).first());
        assertEquals(
                one(2),
                documents.withReadConcern(ReadConcern.LOCAL).find(byId()).first());
        // It changes nothing, and waits until a majority has what it found.
        documents.replaceOne(byId(), one(2));
        assertEquals(one(2), documents.find(byId()).first());
    }

    @Test
    void rollback_takesBackWhatNoMajorityHad() throws Exception {
        documents.insertOne(one(1));
        var writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; set.rolledBack() == 0; i++) {
                try {
                    documents.withWriteConcern(WriteConcern.W1).insertOne(new Document("_id", "r" + i));
                } catch (MongoException e) {
                    // The driver tries twice, and no more.
                }
            }
        });
        // Some of these are written to the one that is cut off, and some later to the new primary.
        int writes = set.rollBack(SHORT);
        writer.get(20, TimeUnit.SECONDS);

        assertTrue(writes > 0, "nothing was taken back");
        assertEquals(writes, set.rolledBack());
        assertEquals(one(1), documents.find(byId()).first());
    }

    @Test
    void newPrimary_doesNotKnowAtOnceWhatAMajorityHas() throws Exception {
        documents.insertOne(one(1));
        set.replicationDelay(Duration.ofMillis(400));
        documents.replaceOne(byId(), one(2));
        try (ClientSession session = client.startSession()) {
            session.advanceOperationTime(new org.bson.BsonTimestamp(1, 4));
            set.stepDown(SHORT, false);

            // The manual: "the most recent data on a node may not reflect the most recent version of the data in the
            // system".
            assertEquals(one(1), documents.find(byId()).first());
            assertEquals(one(2), documents.find(session, byId()).first());
        }
    }

    @Test
    void lostReply_isFoundOutByTheRetry() {
        documents.insertOne(one(1));
        var commands = new AtomicInteger();
        set.onCommand(command -> commands.getAndIncrement() == 0 ? Fault.CUT_AFTER : Fault.NONE);

        assertEquals(1, documents.deleteOne(byId()).getDeletedCount());

        set.deduplicate(false);
        documents.insertOne(one(1));
        commands.set(0);
        assertEquals(0, documents.deleteOne(byId()).getDeletedCount());
    }

    @Test
    void stepDown_isFollowedByTheDriver() throws Exception {
        String first = set.primary();
        set.stepDown(SHORT, true);
        documents.insertOne(one(1));
        assertNotEquals(first, set.primary());
        set.kill(SHORT);
        assertEquals(one(1), documents.find(byId()).first());
        assertEquals(2, set.elections());
    }

    @Test
    void transaction_isSeenAsAWholeOrNotAtAll() {
        try (ClientSession session = client.startSession()) {
            session.startTransaction();
            documents.insertOne(session, one(1));
            documents.insertOne(session, new Document("_id", "b"));
            assertEquals(one(1), documents.find(session, byId()).first());
            assertNull(documents.find(byId()).first());
            session.abortTransaction();
            assertNull(documents.find(byId()).first());

            session.startTransaction();
            documents.insertOne(session, one(1));
            var commits = new AtomicInteger();
            set.onCommand(command -> command.containsKey("commitTransaction") && commits.getAndIncrement() == 0
                    ? Fault.CUT_AFTER
                    : Fault.NONE);
            session.commitTransaction();
            assertEquals(2, commits.get());
            assertEquals(one(1), documents.find(byId()).first());

            session.startTransaction();
            documents.replaceOne(session, byId(), one(2));
            try (ClientSession other = client.startSession()) {
                other.startTransaction();
                var conflict = assertThrows(MongoException.class, () -> documents.replaceOne(other, byId(), one(3)));
                assertEquals(112, conflict.getCode());
                assertTrue(conflict.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL));
            }
            session.commitTransaction();
            assertEquals(one(2), documents.find(byId()).first());
        }
    }

    @Test
    void lostCommit_isOfUnknownResult() {
        try (ClientSession session = client.startSession()) {
            session.startTransaction();
            documents.insertOne(session, one(1));
            set.onCommand(command -> command.containsKey("commitTransaction") ? Fault.CUT_AFTER : Fault.NONE);
            var unknown = assertThrows(MongoSocketException.class, session::commitTransaction);
            assertTrue(unknown.hasErrorLabel(MongoException.UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL));
            set.onCommand(_ -> Fault.NONE);
            session.commitTransaction();
        }
        assertEquals(one(1), documents.find(byId()).first());
    }

    @Test
    void errors_areTold() {
        set.onCommand(_ -> Fault.writeConcernError(64));
        assertEquals(
                64,
                assertThrows(MongoWriteConcernException.class, () -> documents.insertOne(one(1)))
                        .getCode());
        set.onCommand(_ -> Fault.error(262));
        assertEquals(
                262,
                assertThrows(MongoCommandException.class, () -> documents.find().first())
                        .getCode());
    }
}
