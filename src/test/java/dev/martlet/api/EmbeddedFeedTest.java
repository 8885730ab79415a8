package dev.martlet.api;

import com.mongodb.client.MongoCollection;
import dev.martlet.Service;
import org.bson.Document;
import org.junit.jupiter.api.Timeout;

/// The stream of changes on the database that tests share, which is the embedded one if no other is given.
@Timeout(120)
class EmbeddedFeedTest extends FeedContract {

    @Override
    Service fresh() {
        return Service.with();
    }

    @Override
    MongoCollection<Document> documents() {
        return service.documents();
    }
}
