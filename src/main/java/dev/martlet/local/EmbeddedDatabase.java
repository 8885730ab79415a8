package dev.martlet.local;

import de.bwaldvogel.mongo.MongoServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/// A MongoDB-compatible database inside this process, in one file, for development and demonstration.
///
/// ```java
/// try (var database = EmbeddedDatabase.open(Path.of("data"))) {
///     var client = MongoClients.create(database.uri());
/// }
/// ```
public final class EmbeddedDatabase implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(EmbeddedDatabase.class.getName());

    private final MongoServer server;
    private final int port;

    private EmbeddedDatabase(MongoServer server) {
        this.server = server;
        this.port = server.getLocalAddress().getPort();
    }

    /// Opens, or creates, the database in `folder` and serves it on a free port of the loopback interface.
    ///
    /// @throws IOException if the folder cannot be written, its file is no database, or another process has it open
    public static EmbeddedDatabase open(Path folder) throws IOException {
        return open(folder, 0);
    }

    /// As [#open(Path)], on a port of your choice; 0 takes a free one.
    public static EmbeddedDatabase open(Path folder, int port) throws IOException {
        Path file = folder.resolve("martlet.db").toAbsolutePath();
        MVStore store = openStore(file);
        var server = new MongoServer(new DurableBackend(store));
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1, 8);
        LOG.log(System.Logger.Level.INFO, "Embedded database, for development and demonstration only: {0}", file);
        return new EmbeddedDatabase(server);
    }

    private static MVStore openStore(Path file) throws IOException {
        Path folder = file.getParent();
        try {
            Files.createDirectories(folder);
            return new MVStore.Builder().fileName(file.toString()).open();
        } catch (MVStoreException e) {
            throw new IOException(
                    switch (e.getErrorCode()) {
                        case DataUtils.ERROR_FILE_LOCKED ->
                            "the database in " + folder + " is in use by another process: stop it, or set DATA_DIR to another folder";
                        case DataUtils.ERROR_FILE_CORRUPT, DataUtils.ERROR_UNSUPPORTED_FORMAT ->
                            file + " is not a database of Martlet: move it away, or set DATA_DIR to another folder";
                        default -> "cannot open " + file + ": make the folder writable, or set DATA_DIR to another folder";
                    },
                    e);
        } catch (IOException e) {
            throw new IOException(
                    "cannot create the folder " + folder + ": make its parent writable, or set DATA_DIR to another folder", e);
        }
    }

    /// The connection string, with the options this engine needs.
    public String uri() {
        return "mongodb://127.0.0.1:" + port + "/?retryWrites=false&directConnection=true";
    }

    /// Writes what is left, stops serving and releases the file. Closing twice does no harm.
    @Override
    public void close() {
        server.shutdownNow();
    }
}
