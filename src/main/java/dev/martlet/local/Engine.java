package dev.martlet.local;

import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.RawBsonDocument;

/// Carries out the commands that the service needs, as MongoDB's drivers send them, and no others.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/">Database commands</a>
final class Engine implements AutoCloseable {

    private static final int MAX_DOCUMENT_BYTES = 16 << 20;
    private static final int MAX_BATCH = 100_000;
    private static final String VERSION = "7.0.0";
    private static final int WIRE_VERSION = 21; // of MongoDB 7.0

    private final Queries queries;
    private final OpenCursors cursors = new OpenCursors();
    private final ReadCommands reads;
    private final CountCommands counts;
    private final ChangeCommands changes;
    private final WriteCommands writes;
    private final Definitions definitions;
    private final Expiry expiry;

    /// @param patience how long a command may take that gives no time limit
    Engine(Storage storage, Duration patience) {
        queries = new Queries(patience);
        reads = new ReadCommands(storage, queries, cursors);
        counts = new CountCommands(storage, queries);
        changes = new ChangeCommands(storage, cursors);
        writes = new WriteCommands(storage);
        definitions = new Definitions(storage);
        expiry = new Expiry(storage);
    }

    /// @param abandoned whether nobody waits for the answer any more
    /// @throws CommandFailure if the command fails
    BsonDocument execute(Command command, BooleanSupplier abandoned) {
        return switch (command.name()) {
            case "hello", "isMaster", "ismaster" -> hello();
            case "ping", "endSessions" -> done();
            case "buildInfo", "buildinfo" -> buildInfo();
            case "serverStatus" -> serverStatus();
            case "find" -> reads.find(command, abandoned);
            case "getMore" -> getMore(command, abandoned);
            case "killCursors" -> cursors.kill(command);
            case "count" -> counts.count(command, abandoned);
            case "aggregate" ->
                ChangeCommands.areMeant(command) ? changes.watch(command) : counts.aggregate(command, abandoned);
            case "insert" -> writes.insert(command);
            case "update" -> write(command, "updates", abandoned, () -> writes.update(command));
            case "delete" -> write(command, "deletes", abandoned, () -> writes.delete(command));
            case "create" -> definitions.create(command);
            case "drop" -> definitions.drop(command);
            case "dropDatabase" -> definitions.dropDatabase(command);
            case "listCollections" -> definitions.listCollections(command);
            case "createIndexes" -> definitions.createIndexes(command);
            case "listIndexes" -> definitions.listIndexes(command);
            case "dropIndexes" -> definitions.dropIndexes(command);
            default ->
                throw new CommandFailure(
                        59, "CommandNotFound", "the embedded database does not know the command " + command.name());
        };
    }

    private BsonDocument getMore(Command command, BooleanSupplier abandoned) {
        long id = command.get("getMore") instanceof BsonInt64 number ? number.getValue() : 0;
        return switch (cursors.get(id)) {
            case ChangeCursor stream -> changes.getMore(command, id, stream, abandoned);
            case OpenCursor query -> reads.getMore(command, id, query, abandoned);
            default -> throw new IllegalStateException("a cursor of another kind");
        };
    }

    /// Runs it on this thread if each statement only looks up one document.
    private BsonDocument write(
            Command command, String statements, BooleanSupplier abandoned, Supplier<BsonDocument> write) {
        List<RawBsonDocument> all = command.documents(statements);
        boolean short_ = all.stream()
                .allMatch(each -> KeyRange.of(Command.document(each, "q")).isPoint());
        return short_ ? write.get() : queries.run(command.time(queries.patience()), abandoned, write);
    }

    private static BsonDocument done() {
        return new BsonDocument("ok", new BsonDouble(1));
    }

    private static BsonDocument hello() {
        return new BsonDocument("helloOk", BsonBoolean.TRUE)
                .append("isWritablePrimary", BsonBoolean.TRUE)
                .append("ismaster", BsonBoolean.TRUE)
                .append("maxBsonObjectSize", new BsonInt32(MAX_DOCUMENT_BYTES))
                .append("maxMessageSizeBytes", new BsonInt32(WireProtocol.MAX_LENGTH))
                .append("maxWriteBatchSize", new BsonInt32(MAX_BATCH))
                .append("localTime", new BsonDateTime(System.currentTimeMillis()))
                .append("minWireVersion", new BsonInt32(0))
                .append("maxWireVersion", new BsonInt32(WIRE_VERSION))
                .append("readOnly", BsonBoolean.FALSE)
                .append("ok", new BsonDouble(1));
    }

    private static BsonDocument buildInfo() {
        return new BsonDocument("version", new BsonString(VERSION))
                .append(
                        "versionArray",
                        new BsonArray(List.of(new BsonInt32(7), new BsonInt32(0), new BsonInt32(0), new BsonInt32(0))))
                .append("modules", new BsonArray())
                .append("maxBsonObjectSize", new BsonInt32(MAX_DOCUMENT_BYTES))
                .append("ok", new BsonDouble(1));
    }

    private BsonDocument serverStatus() {
        var open = new BsonDocument("total", new BsonInt64(cursors.count()));
        return new BsonDocument("version", new BsonString(VERSION))
                .append("metrics", new BsonDocument("cursor", new BsonDocument("open", open)))
                .append("ok", new BsonDouble(1));
    }

    @Override
    public void close() {
        expiry.close();
        queries.close();
    }
}
