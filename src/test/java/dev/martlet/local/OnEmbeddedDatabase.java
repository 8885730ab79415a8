package dev.martlet.local;

import com.mongodb.client.MongoCollection;
import java.io.IOException;
import java.nio.file.Path;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Tests that each begin with an empty collection in an embedded database of their own.
abstract class OnEmbeddedDatabase {

    @TempDir
    Path folder;

    TestDatabase database;
    MongoCollection<Document> collection;

    @BeforeEach
    void open() throws IOException {
        database = new TestDatabase(folder);
        collection = database.collection();
    }

    @AfterEach
    void close() {
        database.close();
    }
}
