package dev.martlet.local;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import java.io.IOException;
import java.nio.file.Path;
import org.bson.Document;

/// An embedded database with a client of its own.
final class TestDatabase implements AutoCloseable {

    private final EmbeddedDatabase embedded;
    private final MongoClient client;

    TestDatabase(Path folder) throws IOException {
        embedded = EmbeddedDatabase.open(folder);
        client = MongoClients.create(embedded.uri());
    }

    MongoDatabase database() {
        return client.getDatabase("martlet");
    }

    MongoCollection<Document> collection() {
        return database().getCollection("data");
    }

    <T> MongoCollection<T> collection(Class<T> type) {
        return database().getCollection("data", type);
    }

    @Override
    public void close() {
        client.close();
        embedded.close();
    }
}
