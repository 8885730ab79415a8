package dev.martlet.bench;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;

/// The database process that every contender uses, ceiling included.
///
/// It is the stock mongo-java-server with its storage in memory, and not the embedded database: nothing waits for a
/// disk, so that what is measured is what each contender adds; and a change of the product does not move the
/// yardstick.
final class DatabaseServer {

    private DatabaseServer() {}

    static void main() throws InterruptedException {
        var server = new MongoServer(H2Backend.inMemory());
        System.out.println("PORT=" + server.bind().getPort());
        Thread.sleep(Long.MAX_VALUE);
    }
}
