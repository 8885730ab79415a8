package dev.martlet.api;

import dev.martlet.http.Accept;
import dev.martlet.http.Admission;
import dev.martlet.http.Exchange;
import dev.martlet.http.Listener;
import dev.martlet.http.Reply;
import dev.martlet.http.Route;
import dev.martlet.store.DocumentStore;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/// The HTTP API: which path answers what.
public final class Api {

    private final Memory memory;
    private final Listing listing;
    private final Insertion insertion;
    private final LineUpload upload;
    private final OneDocument documents;
    private final Exchange exchange;
    private final Listener listener;
    private final Admission admission;
    private final Feed feed;

    /// @param exchange what every request and answer has
    /// @param inserted learns how many documents a request stored
    /// @param trouble  why the disk under the database takes no writes, and the cure; empty when it does
    /// @param filters  whether a filter finds a document
    public Api(
            Exchange exchange,
            DocumentStore store,
            Limits limits,
            Optional<String> apiToken,
            IntConsumer inserted,
            Supplier<Optional<String>> trouble,
            Function<BsonDocument, Predicate<RawBsonDocument>> filters) {
        this.exchange = exchange;
        this.admission = new Admission(limits.maxConcurrentRequests());
        this.memory = new Memory(limits.requestTimeout());
        var source = new FeedSource(store, limits.requestTimeout());
        this.feed = new Feed(source, Memory.ringBytes());
        this.listing = new Listing(
                store,
                admission,
                memory,
                limits.requestTimeout(),
                new Watching(feed, source, admission, memory, filters));
        this.insertion = new Insertion(store, admission, memory, limits, inserted);
        this.upload = new LineUpload(store, admission, memory, limits, inserted, trouble);
        this.documents = new OneDocument(store, admission, memory, limits);
        this.listener = new Listener(exchange, apiToken, thrown -> Failures.problem(thrown, trouble.get()));
    }

    /// Memory that requests may take together, and how much of it they have taken, in bytes.
    public long memorySize() {
        return memory.size();
    }

    public long memoryUsed() {
        return memory.used();
    }

    /// The whole API.
    List<Route> routes() {
        return List.of(
                Route.open("/").on("GET", Welcome::get),
                Route.guarded("/data")
                        .on("GET", listing::get)
                        .on("POST", insertion::post)
                        .onStream("POST", LineUpload.MEDIA_TYPE, upload::post),
                Route.guarded("/data/{id}")
                        .on("GET", documents::get)
                        .on("PUT", documents::put)
                        .on("PATCH", documents::patch)
                        .on("DELETE", documents::delete),
                Route.open("/who").on("GET", exchange.instance()::who),
                Route.open("/openapi").on("GET", OpenApi::get));
    }

    /// The methods that Helidon's observe feature leaves open on its paths. These routes come before the feature,
    /// because it answers `OPTIONS` with metadata.
    static List<Route> observed() {
        return List.of(
                Route.open("/health").except("GET", "HEAD"),
                Route.open("/health/live").except("GET", "HEAD"),
                Route.open("/health/ready").except("GET", "HEAD"),
                Route.open("/health/started").except("GET", "HEAD"),
                Route.open("/metrics").except("GET").on("HEAD", Api::metricsHead));
    }

    private static Reply metricsHead(ServerRequest request) {
        return Reply.of(Status.OK_200)
                .with(
                        HeaderNames.CONTENT_TYPE,
                        Accept.best(request, "text/plain", Reply.JSON, "application/openmetrics-text"));
    }

    /// Puts the API into a routing.
    ///
    /// @param observed whether this listener has `/health` and `/metrics` too
    public void routing(HttpRouting.Builder routing, boolean observed) {
        var all = new ArrayList<>(routes());
        if (observed) {
            all.addAll(observed());
        }
        listener.routing(routing, all);
    }

    /// How many clients watch what changes.
    public int watchers() {
        return admission.watchers();
    }

    /// How far behind the changes those are who watch them.
    public double feedLagSeconds() {
        return feed.lagSeconds();
    }

    /// Ends all streams of changes: their clients come again, and elsewhere.
    public void endWatching() {
        feed.close();
    }

    /// A listener that has `/health` and `/metrics`, and nothing else.
    public static void management(HttpRouting.Builder routing, Exchange exchange) {
        new Listener(exchange, Optional.empty(), thrown -> Failures.problem(thrown, Optional.empty()))
                .routing(routing, observed());
    }
}
