package dev.martlet;

import dev.martlet.api.Api;
import dev.martlet.api.Limits;
import dev.martlet.http.Connections;
import dev.martlet.http.Exchange;
import dev.martlet.http.Instance;
import dev.martlet.http.Listener;
import dev.martlet.http.LocalHosts;
import dev.martlet.local.DocumentFilter;
import dev.martlet.local.EmbeddedDatabase;
import dev.martlet.ops.Drain;
import dev.martlet.ops.Health;
import dev.martlet.ops.Meters;
import dev.martlet.ops.Traffic;
import dev.martlet.store.DocumentStore;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Martlet, wired. The parts start in the order of this class, and [#close] ends them in the reverse order.
///
/// ```java
/// try (App app = App.start(Settings.from(Map.of("PORT", "0")))) {
///     app.port();
/// }
/// ```
final class App implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(App.class.getName());
    private static final String MANAGEMENT = "management";
    /// Connections for each request that may be answered at once. Most of them are idle or slow. Each holds about
    /// 20 KiB.
    private static final int CONNECTIONS_PER_REQUEST = 4;
    private static final int SPARE_CONNECTIONS = 128;

    private final @Nullable EmbeddedDatabase embedded;
    private final Database database;
    private final DocumentStore store;
    private final Drain drain = new Drain();
    private final Meters meters = new Meters(this::requestsInFlight);
    private final Settings settings;
    private final InetAddress address;
    private final @Nullable Telemetry telemetry;
    private final Exchange exchange;
    private final Api api;
    private final Connections connections;
    private final Connections managementConnections;
    private final WebServer server;

    static {
        HelidonServices.name();
    }

    /// Makes the parts. [#start] listens.
    App(Settings settings) throws IOException {
        this.settings = settings;
        address = address(settings);
        var instance = Instance.of(settings.servedBy(), settings.version());
        telemetry = settings.telemetry().isEmpty() ? null : Telemetry.start(settings.telemetry(), instance);
        exchange = new Exchange(instance, Optional.ofNullable(telemetry).map(it -> it::request), settings.accessLog());
        embedded = settings.mongodbUri().isPresent() ? null : EmbeddedDatabase.open(settings.dataDir());
        database = Database.connect(settings.mongodbUri().orElseGet(() -> uri(embedded)), settings, telemetry != null);
        store = new DocumentStore(database.access(), settings.mongoCollection(), settings.requestTimeout(), meters);
        var limits = new Limits(settings.maxBodyBytes(), settings.maxConcurrentRequests(), settings.requestTimeout());
        api = new Api(
                exchange, store, limits, settings.apiToken(), meters::inserted, this::trouble, DocumentFilter::of);
        observe();
        connections = new Connections(
                settings.requestTimeout(),
                CONNECTIONS_PER_REQUEST * settings.maxConcurrentRequests() + SPARE_CONNECTIONS);
        managementConnections = new Connections(settings.requestTimeout(), SPARE_CONNECTIONS);
        server = configure(WebServer.builder()).build();
    }

    private void observe() {
        meters.gauge("memory.budget.size", "bytes", "Memory for bodies and answers", api::memorySize);
        meters.gauge("memory.budget.used", "bytes", "Of it, what is in use", api::memoryUsed);
        meters.gauge("martlet.watchers", "", "Clients that watch what changes", api::watchers);
        meters.gauge(
                "martlet.feed.lag", "seconds", "How old the latest change was when it was told", api::feedLagSeconds);
    }

    /// Without those who watch, and mostly wait.
    private int requestsInFlight() {
        return drain.inFlight() - api.watchers();
    }

    private Optional<String> trouble() {
        return embedded == null ? Optional.empty() : embedded.trouble();
    }

    private static String uri(@Nullable EmbeddedDatabase embedded) {
        return Optional.ofNullable(embedded).orElseThrow().uri();
    }

    /// Configures a server as Martlet's.
    final WebServerConfig.Builder configure(WebServerConfig.Builder config) {
        boolean apart = settings.managementPort() != settings.port();
        config.address(address)
                .port(settings.port())
                .shutdownHook(false)
                .shutdownGracePeriod(settings.shutdownGrace())
                .protocolsDiscoverServices(false)
                .addConnectionSelector(connections)
                .maxTcpConnections(connections.most())
                .directHandlers(Listener.directHandlers(exchange))
                .featuresDiscoverServices(false)
                .addFeature(Health.feature(
                        store.breaker(),
                        embedded == null ? Optional.empty() : Optional.of(this::trouble),
                        drain,
                        meters,
                        apart ? MANAGEMENT : WebServer.DEFAULT_SOCKET_NAME))
                .routing(routing -> {
                    routing.addFilter(new Traffic(drain, meters));
                    api.routing(routing, !apart);
                    hereOnly(routing);
                });
        if (apart) {
            config.putSocket(MANAGEMENT, socket -> socket.name(MANAGEMENT)
                    .address(address)
                    .port(settings.managementPort())
                    .protocolsDiscoverServices(false)
                    .addConnectionSelector(managementConnections)
                    .maxTcpConnections(managementConnections.most())
                    .directHandlers(Listener.directHandlers(exchange.unobserved()))
                    .routing(HttpRouting.builder()
                            .update(routing -> Api.management(routing, exchange.unobserved()))
                            .update(this::hereOnly)));
        }
        return config;
    }

    private void hereOnly(HttpRouting.Builder routing) {
        if (settings.onlyHere()) {
            routing.addFilter(new LocalHosts());
        }
    }

    private static InetAddress address(Settings settings) throws IOException {
        if (settings.onlyHere()) {
            return InetAddress.getLoopbackAddress();
        }
        String host = settings.host().orElse("0.0.0.0");
        // This checks the address. The ports are checked later.
        try (var _ = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return InetAddress.getByName(host);
        } catch (UnknownHostException | BindException e) {
            throw new IOException(
                    "HOST=" + host + " is not an address of this machine: give one, or 0.0.0.0 for all of them", e);
        }
    }

    /// Starts the service.
    ///
    /// @throws IOException if the embedded database cannot be opened, or a port is taken; the message names the
    ///     cure
    static App start(Settings settings) throws IOException {
        var app = new App(settings);
        try {
            app.listen();
            return app;
        } catch (IOException | RuntimeException e) {
            app.close();
            throw e;
        }
    }

    private void listen() throws IOException {
        try {
            server.start();
        } catch (RuntimeException e) {
            throw portTaken(e);
        }
        // If a port is taken, Helidon logs it and returns as if nothing had happened.
        if (!server.isRunning()) {
            throw portTaken(null);
        }
        LOGGER.log(Level.INFO, "Martlet listens on http://localhost:{0}", Integer.toString(port()));
        if (settings.onlyHere()) {
            LOGGER.log(
                    Level.INFO,
                    "Only this machine can reach it, because it has no API_TOKEN: set one, or HOST=0.0.0.0 to listen on all interfaces");
        }
    }

    private IOException portTaken(@Nullable Throwable cause) {
        boolean apart = settings.managementPort() != settings.port();
        return new IOException(
                apart
                        ? "PORT=" + settings.port() + " or MANAGEMENT_PORT=" + settings.managementPort()
                                + " is taken: set them to free ports"
                        : "PORT=" + settings.port() + " is taken: set PORT to a free port",
                cause);
    }

    int port() {
        return server.port();
    }

    int managementPort() {
        return settings.managementPort() == settings.port() ? port() : server.port(MANAGEMENT);
    }

    /// Drains and ends. Requests come first, the database comes last.
    @Override
    public void close() {
        if (server.isRunning()) {
            LOGGER.log(Level.INFO, "Draining {0} requests in flight", drain.inFlight());
            api.endWatching();
            drain.begin();
            server.stop();
        }
        api.endWatching();
        connections.close();
        managementConnections.close();
        store.close();
        database.close();
        if (telemetry != null) {
            telemetry.close();
        }
        if (embedded != null) {
            embedded.close();
        }
        LOGGER.log(Level.INFO, "Ended");
    }
}
