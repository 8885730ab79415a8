package dev.martlet.store;

import com.mongodb.MongoCommandException;
import com.mongodb.event.CommandFailedEvent;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.event.CommandSucceededEvent;
import dev.martlet.trace.Span;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonArray;
import org.bson.BsonDocument;

/// A span for each command that the driver sends for a request. It has the command's name and destination, and
/// nothing of a document.
///
/// [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/db/mongodb/), and `martlet.attempt`.
public final class CommandSpans implements CommandListener {

    private final Map<Integer, Span> open = new ConcurrentHashMap<>();

    /// The driver calls it in the thread that sends the command.
    @Override
    public void commandStarted(CommandStartedEvent event) {
        Span request = Span.current();
        if (!request.kept()) {
            return;
        }
        String name = event.getCommandName();
        String collection = collection(event.getCommand(), name);
        var address = event.getConnectionDescription().getServerAddress();
        Span span = request.call(collection.isEmpty() ? name : name + " " + collection)
                .with("db.system.name", "mongodb")
                .with("db.namespace", event.getDatabaseName())
                .with("db.operation.name", name)
                .with("server.address", address.getHost())
                .with("server.port", address.getPort())
                .with("martlet.attempt", request.attempt());
        if (!collection.isEmpty()) {
            span.with("db.collection.name", collection);
        }
        int documents =
                event.getCommand().getArray("documents", new BsonArray()).size();
        if (documents > 1) {
            span.with("db.operation.batch.size", documents);
        }
        open.put(event.getRequestId(), span);
    }

    /// The value of the command's first member. For `getMore` that is a cursor's number, and `hello` has no
    /// collection.
    private static String collection(BsonDocument command, String name) {
        String member = name.equals("getMore") ? "collection" : name;
        return command.isString(member) ? command.getString(member).getValue() : "";
    }

    @Override
    public void commandSucceeded(CommandSucceededEvent event) {
        Span span = open.remove(event.getRequestId());
        if (span != null) {
            span.close();
        }
    }

    @Override
    public void commandFailed(CommandFailedEvent event) {
        Span span = open.remove(event.getRequestId());
        if (span == null) {
            return;
        }
        if (event.getThrowable() instanceof MongoCommandException refused) {
            String code = Integer.toString(refused.getErrorCode());
            span.with("db.response.status_code", code).failed(code);
        } else {
            span.failed(event.getThrowable().getClass().getName());
        }
        span.close();
    }
}
