package dev.martlet.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// A database in this process and one file, for development and demonstration. It speaks MongoDB's wire protocol on
/// the loopback interface, so that a driver cannot tell it from the real one.
///
/// ```java
/// try (var database = EmbeddedDatabase.open(Path.of("data"));
///         var client = MongoClients.create(database.uri())) {
///     client.getDatabase("martlet").getCollection("data").insertOne(new Document());
/// }
/// ```
///
/// A write is answered after its commit has been forced to the disk. It has no users and no passwords: whoever can
/// connect to this machine's loopback interface can read and write everything.
public final class EmbeddedDatabase implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(EmbeddedDatabase.class.getName());

    private final StoreFile file;
    private final WireServer server;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedDatabase(StoreFile file, WireServer server) {
        this.file = file;
        this.server = server;
    }

    /// Opens, or creates, the database in `folder` and serves it on a free port.
    ///
    /// @throws IOException if the folder cannot be written, its file is no database, or another process has it
    /// open; the message names the folder and the cure
    public static EmbeddedDatabase open(Path folder) throws IOException {
        return open(folder, 0);
    }

    /// As [#open(Path)], on a port of your choice; 0 takes a free one.
    public static EmbeddedDatabase open(Path folder, int port) throws IOException {
        StoreFile file = StoreFile.open(folder);
        try {
            var server = new WireServer(new Engine(file.store()), port);
            LOG.log(
                    System.Logger.Level.INFO,
                    "Embedded database, for development and demonstration only: {0}",
                    file.path());
            return new EmbeddedDatabase(file, server);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /// The connection string, with the options that this database needs: it has neither retryable writes nor a replica
    /// set.
    public String uri() {
        return "mongodb://127.0.0.1:" + server.port() + "/?retryWrites=false&directConnection=true";
    }

    /// Finishes what is being carried out, and releases the port and the file. Closing twice does no harm.
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        try (file) {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
