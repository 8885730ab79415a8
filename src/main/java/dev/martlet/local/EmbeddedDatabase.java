package dev.martlet.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A database in this process and in one file, for development and demonstration. It speaks MongoDB's wire protocol
/// on the loopback interface. A driver takes it for a real one.
///
/// ```java
/// try (var database = EmbeddedDatabase.open(Path.of("data"));
///         var client = MongoClients.create(database.uri())) {
///     client.getDatabase("martlet").getCollection("data").insertOne(new Document());
/// }
/// ```
///
/// A write is answered after its commit has been forced to the disk. There are no users and no passwords: everybody
/// who can connect to this machine's loopback interface can read and write everything.
public final class EmbeddedDatabase implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(EmbeddedDatabase.class.getName());

    /// How long a command may take that gives no time limit.
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Storage storage;
    private final Engine engine;
    private final WireServer server;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedDatabase(Storage storage, Engine engine, WireServer server) {
        this.storage = storage;
        this.engine = engine;
        this.server = server;
    }

    /// Opens, or creates, the database in `folder` and serves it on a free port.
    ///
    /// @throws IOException if the folder cannot be written, its file is not a database, or another process has it
    /// open; the message names the folder and the cure
    public static EmbeddedDatabase open(Path folder) throws IOException {
        return open(folder, 0, PATIENCE);
    }

    /// Like [#open(Path)].
    ///
    /// @param port     the port; 0 takes a free one
    /// @param patience how long a command may take that gives no time limit
    public static EmbeddedDatabase open(Path folder, int port, Duration patience) throws IOException {
        Storage storage = Storage.open(folder);
        var engine = new Engine(storage, patience);
        try {
            var server = new WireServer(engine, port);
            LOG.log(
                    System.Logger.Level.INFO,
                    "Embedded database, for development and demonstration only: {0}",
                    storage.path());
            return new EmbeddedDatabase(storage, engine, server);
        } catch (IOException | RuntimeException e) {
            engine.close();
            storage.close();
            throw e;
        }
    }

    /// Why the disk takes nothing at present, and the cure; empty if it does.
    public Optional<String> trouble() {
        return Optional.ofNullable(storage.trouble())
                .filter(DiskTrouble::isOfDisk)
                .map(DiskTrouble::text);
    }

    /// The connection string, with the options that this database needs: it has neither retryable writes nor a
    /// replica set.
    public String uri() {
        return "mongodb://127.0.0.1:" + server.port() + "/?retryWrites=false&directConnection=true";
    }

    /// Finishes what is being carried out, and releases the port and the file. Closing twice does no harm.
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        try (storage;
                engine) {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
