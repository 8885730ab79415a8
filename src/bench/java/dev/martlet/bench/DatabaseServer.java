package dev.martlet.bench;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import org.h2.mvstore.MVStore;

/// The database process that every contender uses, and the bare driver too.
///
/// It is mongo-java-server with its storage in memory. Nothing waits for a disk, so the benchmark measures what each
/// contender adds. It is not the embedded database: a change of the product must not move the yardstick.
final class DatabaseServer {

    private DatabaseServer() {}

    /// mongo-java-server refuses `$bsonSize`, which MongoDB has known since 4.4. Martlet limits a read by it when
    /// there is memory for only one document of unknown size. All documents of the benchmark are small, so omitting
    /// the limit changes no answer.
    private static final class Backend extends H2Backend {

        Backend() {
            super(MVStore.open(null));
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            if (message.getDocument().get("filter") instanceof Document filter
                    && String.valueOf(filter.get("$expr")).contains("$bsonSize")) {
                filter.remove("$expr");
            }
            return super.handleMessage(message);
        }
    }

    static void main() throws InterruptedException {
        var server = new MongoServer(new Backend());
        System.out.println("PORT=" + server.bind().getPort());
        Thread.sleep(Long.MAX_VALUE);
    }
}
