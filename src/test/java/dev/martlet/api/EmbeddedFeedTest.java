package dev.martlet.api;

import com.mongodb.client.MongoCollection;
import dev.martlet.Service;
import org.bson.Document;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/// The stream of changes on the database that tests share, which is the embedded one if no other is given.
@Timeout(120)
@EnabledIf(value = "dev.martlet.SharedDatabase#hasChangeStreams", disabledReason = "the database has no change streams")
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
