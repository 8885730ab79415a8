package dev.martlet.ledger;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.martlet.Service;
import dev.martlet.SharedDatabase;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A ledger that finds nothing proves nothing. So its report must show what somebody does behind its back.
@Timeout(120)
class LedgerTest {

    @RegisterExtension
    static final Service service = Service.with();

    private static Ledger ledger() throws Exception {
        return started(new Ledger(URI.create("http://localhost:" + service.port()), Duration.ZERO));
    }

    private static Ledger watching() throws Exception {
        assumeTrue(SharedDatabase.hasChangeStreams(), "the database has no change streams");
        return started(new Ledger(URI.create("http://localhost:" + service.port()), Duration.ZERO).watching());
    }

    private static Ledger started(Ledger ledger) throws Exception {
        ledger.start(8);
        while (ledger.acknowledged() < 100 && ledger.failures().isEmpty()) {
            Thread.sleep(20);
        }
        return ledger;
    }

    @Test
    void serviceWithoutFaults_hasACleanReport() throws Exception {
        try (var ledger = watching()) {
            Ledger.Report report = ledger.finish();
            assertAll(
                    () -> assertEquals(Map.of(), report.failures()),
                    () -> assertEquals(List.of(), report.wrong()),
                    () -> assertEquals(List.of(), report.lost()),
                    () -> assertEquals(List.of(), report.mistold()),
                    () -> assertTrue(report.told() > 100, report::toString));
        }
    }

    @Test
    void changeThatWasNotAcknowledged_isMistold() throws Exception {
        try (var ledger = watching()) {
            ledger.stop();
            service.documents()
                    .updateOne(
                            new Document("token", new Document("$exists", true)),
                            new Document("$set", new Document("number", 0)));

            assertEquals(1, ledger.finish().mistold().size());
        }
    }

    @Test
    void lostDocument_isReported() throws Exception {
        try (var ledger = ledger()) {
            ledger.stop();
            service.documents().deleteOne(new Document("token", new Document("$exists", true)));

            assertEquals(1, ledger.finish().lost().size());
        }
    }

    @Test
    void undoneChange_isReported() throws Exception {
        try (var ledger = ledger()) {
            ledger.stop();
            service.documents()
                    .updateOne(
                            new Document("token", new Document("$exists", true)),
                            new Document("$set", new Document("number", 0)));

            assertEquals(1, ledger.finish().lost().size());
        }
    }

    @Test
    void documentThatWasNotAcknowledged_isAWrongOutcome() throws Exception {
        try (var ledger = ledger()) {
            ledger.stop();
            Document one = service.documents()
                    .find(new Document("token", new Document("$exists", true)))
                    .first();
            service.documents()
                    .insertOne(new Document(one).append("_id", "other").append("token", "other"));

            assertEquals(
                    1,
                    ledger.finish().wrong().stream()
                            .filter(wrong -> wrong.contains("\"token\":\"other\""))
                            .count());
        }
    }

    @Test
    void answerThatIsNotSo_isAWrongOutcome() throws Exception {
        try (var ledger = ledger()) {
            // Every read finds something other than what was acknowledged, while the clients go on.
            service.documents().updateMany(new Document(), new Document("$set", new Document("number", 0)));
            Thread.sleep(300);

            assertTrue(ledger.finish().wrong().size() > 0);
        }
    }
}
