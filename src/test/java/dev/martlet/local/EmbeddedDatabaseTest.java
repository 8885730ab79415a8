package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import java.nio.file.Path;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedDatabaseTest {

    @TempDir
    Path folder;

    @Test
    void document_survivesRestart() throws Exception {
        var document = new Document("_id", "a").append("n", 1L);
        try (var database = EmbeddedDatabase.open(folder);
                var client = MongoClients.create(database.uri())) {
            collection(client).insertOne(document);
        }
        try (var database = EmbeddedDatabase.open(folder);
                var client = MongoClients.create(database.uri())) {
            assertEquals(document, collection(client).find().first());
        }
    }

    private static MongoCollection<Document> collection(MongoClient client) {
        return client.getDatabase("martlet").getCollection("data");
    }
}
