package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Sorts;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// More documents than the database process has memory for.
class ConstantMemoryTest {

    private static final int BATCH = 1000;
    private static final int BATCHES = 100;
    private static final String TEXT = "x".repeat(600);

    @TempDir
    Path folder;

    @Test
    void scanOfMoreThanTheHeap_streams() throws Exception {
        try (var process = DatabaseProcess.start(folder, 0, "-Xmx40m");
                var client = MongoClients.create(process.uri())) {
            MongoCollection<Document> collection = client.getDatabase("martlet").getCollection("data");
            for (int batch = 0; batch < BATCHES; batch++) {
                int first = batch * BATCH;
                collection.insertMany(IntStream.range(first, first + BATCH)
                        .mapToObj(i -> new Document("_id", String.format("%08d", i)).append("text", TEXT))
                        .toList());
            }
            int expected = 0;
            for (RawBsonDocument document : client.getDatabase("martlet")
                    .getCollection("data", RawBsonDocument.class)
                    .find()
                    .sort(Sorts.ascending("_id"))
                    .batchSize(BATCH)) {
                assertEquals(
                        String.format("%08d", expected++),
                        document.getString("_id").getValue());
            }
            assertEquals(BATCH * BATCHES, expected);
            assertEquals(BATCH * BATCHES, collection.countDocuments());
        }
    }
}
