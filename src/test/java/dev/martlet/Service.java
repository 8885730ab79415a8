package dev.martlet;

import com.mongodb.client.MongoCollection;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.bson.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Martlet on a free port, with a collection of its own that is empty before each test.
///
/// ```java
/// @RegisterExtension
/// static final Service service = Service.with("API_TOKEN", "secret");
/// ```
public final class Service implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback, AutoCloseable {

    private final Map<String, String> environment;
    private @Nullable App app;

    private Service(Map<String, String> environment) {
        this.environment = environment;
    }

    /// @param settings names and values, in turn
    public static Service with(String... settings) {
        var environment = new HashMap<>(Map.of(
                "PORT", "0",
                "MONGODB_URI", SharedDatabase.uri(),
                "MONGO_DATABASE", SharedDatabase.driver().getName(),
                "MONGO_COLLECTION", SharedDatabase.freshCollection()));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return new Service(environment);
    }

    /// Another service of the same kind on the same collection.
    public Service twin() {
        return new Service(environment);
    }

    public Service start() throws IOException {
        app = App.start(Settings.from(environment));
        return this;
    }

    /// Uses a server that somebody else starts.
    public void configure(WebServerConfig.Builder server) throws IOException {
        app = new App(Settings.from(environment));
        app.configure(server);
    }

    public int port() {
        return running().port();
    }

    public int managementPort() {
        return running().managementPort();
    }

    private App running() {
        if (app == null) {
            throw new IllegalStateException("not started");
        }
        return app;
    }

    /// The documents, as another client of the database sees them.
    public MongoCollection<Document> documents() {
        return SharedDatabase.driver().getCollection(environment.get("MONGO_COLLECTION"));
    }

    /// The only document.
    public Document document() {
        var all = documents().find().into(new ArrayList<>());
        if (all.size() != 1) {
            throw new AssertionError(all.size() + " documents");
        }
        return all.getFirst();
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        start();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        documents().deleteMany(new Document());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    @Override
    public void close() {
        running().close();
    }
}
