package dev.martlet.api;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClients;
import dev.martlet.Service;
import dev.martlet.local.DatabaseProcess;
import java.time.Duration;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// A listing that is larger than what fits between the service and its reader.
class StreamTest {

    private static final int DOCUMENTS = 20_000;
    private static final String TEXT = "x".repeat(1000);

    @RegisterExtension
    static final Service service = Service.with("MAX_CONCURRENT_REQUESTS", "4");

    private final Client client = new Client(service::port);

    @BeforeEach
    void manyDocuments() {
        fill(service.documents());
    }

    private static void fill(com.mongodb.client.MongoCollection<Document> documents) {
        for (int from = 0; from < DOCUMENTS; from += 10_000) {
            int first = from;
            documents.insertMany(IntStream.range(first, first + 10_000)
                    .mapToObj(i -> new Document("_id", "d%06d".formatted(i)).append("t", TEXT))
                    .toList());
        }
    }

    @Test
    void slowReader_getsEverything() throws Exception {
        try (Wire wire = Wire.to(service.port(), 4096)) {
            wire.request("GET", "/data", "Connection", "close");
            Thread.sleep(1000);
            Answer answer = wire.answer();

            assertTrue(answer.whole());
            String body = answer.body();
            assertEquals(DOCUMENTS, body.split("\\{\"_id\"", -1).length - 1);
            assertTrue(body.endsWith("\"}]"), body.substring(body.length() - 20));
        }
    }

    @Test
    @Timeout(60)
    void readerThatGoesAway_freesItsPlace() throws Exception {
        for (int i = 0; i < 12; i++) {
            try (Wire wire = Wire.to(service.port(), 4096)) {
                for (wire.request("GET", "/data"); wire.in().read() != 'H'; ) {
                    // The answer has begun.
                }
                wire.reset();
            }
            // An answer that is stuck keeps its place. If all of these were stuck, there would be no place left.
            eventually(
                    Duration.ofSeconds(10),
                    () -> assertEquals(200, client.get("/data?limit=10").status()));
            assertEquals(200, client.get("/data/d000001").status());
        }
    }

    @Test
    void failureAfterTheFirstByte_doesNotLookComplete(@TempDir java.nio.file.Path folder) throws Exception {
        try (DatabaseProcess database = DatabaseProcess.start(folder, 0);
                var driver = MongoClients.create(database.uri());
                Service doomed = Service.with("MONGODB_URI", database.uri(), "REQUEST_TIMEOUT", "PT1S")
                        .start()) {
            fill(driver.getDatabase(service.documents().getNamespace().getDatabaseName())
                    .getCollection(doomed.documents().getNamespace().getCollectionName()));
            try (Wire wire = Wire.to(doomed.port(), 4096)) {
                wire.request("GET", "/data");
                wire.in().mark(1);
                assertEquals('H', wire.in().read());
                wire.in().reset();
                database.kill();
                Answer answer = wire.answer();

                assertEquals(200, answer.status());
                assertFalse(answer.whole());
                assertTrue(wire.ended());
            }
        }
    }
}
