package dev.martlet.bench;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;

/// The database process that every contender uses, and the bare driver too.
///
/// It is the stock mongo-java-server with its storage in memory. Nothing waits for a disk, so the benchmark measures
/// what each contender adds. It is not the embedded database: a change of the product must not move the yardstick.
final class DatabaseServer {

    private DatabaseServer() {}

    static void main() throws InterruptedException {
        var server = new MongoServer(H2Backend.inMemory());
        System.out.println("PORT=" + server.bind().getPort());
        Thread.sleep(Long.MAX_VALUE);
    }
}
