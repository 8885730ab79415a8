package dev.martlet.api;

import dev.martlet.store.DocumentStore;
import io.helidon.common.Weighted;
import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/// The HTTP API: which path answers what, and how an answer, or a failure, is sent.
public final class Api {

    private static final Logger LOGGER = System.getLogger(Api.class.getName());
    private static final Header NO_LENGTH = SilentLength.HEADER;

    private final Documents documents;
    private final Optional<BearerToken> token;

    /// @param inserted told how many documents a request stored
    public Api(DocumentStore store, Limits limits, Optional<String> apiToken, IntConsumer inserted) {
        this.documents = new Documents(store, limits, inserted);
        this.token = apiToken.map(BearerToken::new);
    }

    /// What one request, and all of them together, may take.
    ///
    /// @param maxBodyBytes          the largest document
    /// @param maxConcurrentRequests of `/data`, at once; and half as many streams
    /// @param requestTimeout        for the database part of a request
    public record Limits(int maxBodyBytes, int maxConcurrentRequests, Duration requestTimeout) {}

    /// The whole API.
    List<Route> routes() {
        return List.of(
                Route.open("/").on("GET", Welcome::get),
                Route.guarded("/data").on("GET", documents::list).on("POST", documents::post),
                Route.guarded("/data/{id}")
                        .on("GET", documents::get)
                        .on("PUT", documents::put)
                        .on("PATCH", documents::patch)
                        .on("DELETE", documents::delete),
                Route.open("/openapi").on("GET", OpenApi::get));
    }

    /// Puts the API, and what every listener needs, into a routing.
    ///
    /// @param observed whether this listener also has `/health` and `/metrics`
    public void routing(HttpRouting.Builder routing, boolean observed) {
        listener(routing, observed);
        routes().forEach(route -> routing.route(
                method -> true, route.matcher(), (request, response) -> answer(route, request, response)));
    }

    /// What every listener needs: request ids, problems for failures, and an answer for methods and paths that do not
    /// exist.
    ///
    /// @param observed whether this listener has `/health` and `/metrics`
    public static void listener(HttpRouting.Builder routing, boolean observed) {
        routing.addFilter((chain, request, response) -> {
            String id = RequestId.of(request.headers());
            response.header(RequestId.HEADER, id);
            RequestId.during(id, chain::proceed);
        });
        routing.error(Throwable.class, Api::fail);
        if (observed) {
            Observed.routing(routing);
        }
        routing.addFeature(new NothingHere());
    }

    /// After the observe feature's routes, whose weight is 80.
    private static final class NothingHere implements HttpFeature, Weighted {
        @Override
        public void setup(HttpRouting.Builder routing) {
            routing.any((request, response) -> {
                throw Problem.notFound("There is nothing at this path: GET /openapi tells what there is.");
            });
        }

        @Override
        public double weight() {
            return 10;
        }
    }

    /// Failures that Helidon finds before there is a request to route: a head that is no HTTP, too long a line, …
    public static DirectHandlers directHandlers() {
        var handlers = DirectHandlers.builder();
        for (var event : DirectHandler.EventType.values()) {
            handlers.addHandler(event, (request, type, status, headers, message) -> {
                Problem problem = refusal(type, status, request.headers());
                return DirectHandler.TransportResponse.builder()
                        .status(problem.status())
                        .headers(headers)
                        .header(RequestId.HEADER, RequestId.of(request.headers()))
                        .header(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
                        .entity(problem.json())
                        .build();
            });
        }
        return handlers.build();
    }

    private static Problem refusal(DirectHandler.EventType type, Status status, Headers headers) {
        // Before there is a request, INTERNAL_ERROR is how Helidon tells of a method or a header that is none.
        if (type == DirectHandler.EventType.INTERNAL_ERROR
                && !RequestId.current().isEmpty()) {
            return Problem.internal();
        }
        if (status.equals(Status.BAD_REQUEST_400) && headers.contains(HeaderNames.CONTENT_ENCODING)) {
            return Body.unsupported("Content-Encoding `"
                    + headers.get(HeaderNames.CONTENT_ENCODING).get() + "` is not supported: send the body as it is.");
        }
        return switch (type) {
            case HTTP_VERSION_NOT_SUPPORTED ->
                Problem.badRequest("Only HTTP/1.1 is spoken here: use it (in nginx: `proxy_http_version 1.1`).");
            // A 501 for a Transfer-Encoding is no failure of the service either.
            default ->
                Problem.of(
                        status.code() < 500 ? status : Status.BAD_REQUEST_400,
                        "The request is not valid HTTP: check its first line, its percent-encoding, its headers and its framing.");
        };
    }

    private void answer(Route route, ServerRequest request, ServerResponse response) throws Exception {
        if (route.guarded() && route.handler(request.prologue().method().text()).isPresent()) {
            token.ifPresent(required -> required.check(request));
        }
        sendOpen(route, request, response);
    }

    static void sendOpen(Route route, ServerRequest request, ServerResponse response) throws Exception {
        Optional<Handler> handler = route.handler(request.prologue().method().text());
        try (Reply reply = handler.isPresent() ? handler.get().handle(request) : withoutHandler(route, request)) {
            send(request, response, reply);
        }
    }

    private static Reply withoutHandler(Route route, ServerRequest request) {
        String method = request.prologue().method().text();
        if (method.equals("OPTIONS")) {
            return Reply.of(Status.NO_CONTENT_204).with(HeaderNames.ALLOW, route.allow());
        }
        throw Problem.of(
                        Status.METHOD_NOT_ALLOWED_405,
                        "`" + method + "` is not possible here: use " + route.allow() + ".")
                .header(HeaderNames.ALLOW, route.allow());
    }

    private static void send(ServerRequest request, ServerResponse response, Reply plain) throws IOException {
        Reply reply = Compression.of(request, plain);
        response.status(reply.status());
        reply.headers().forEach(response::header);
        boolean head = request.prologue().method().text().equals("HEAD");
        switch (reply.body()) {
            case Reply.Body.None() -> sendHead(response, NO_LENGTH);
            case Reply.Body.Bytes(byte[] bytes, String type) -> {
                response.header(HeaderNames.CONTENT_TYPE, type);
                if (head) {
                    sendHead(response, HeaderValues.create(HeaderNames.CONTENT_LENGTH, bytes.length));
                } else {
                    response.send(bytes);
                }
            }
            case Reply.Body.Stream(Reply.Source source, String type) -> {
                response.header(HeaderNames.CONTENT_TYPE, type);
                if (head) {
                    begin(source);
                    sendHead(response, NO_LENGTH);
                } else {
                    stream(response, source);
                }
            }
        }
    }

    private static void sendHead(ServerResponse response, Header length) {
        response.header(length);
        response.send();
    }

    /// Goes a little way, so that `HEAD` fails where `GET` would, and not through a whole listing.
    private static void begin(Reply.Source source) throws IOException {
        try {
            source.writeTo(new Beginning());
        } catch (Beginning.Enough enough) {
            LOGGER.log(Level.TRACE, "A GET would be answered");
        }
    }

    /// A failure before the first byte is answered as a problem. After it the connection is cut without the last
    /// chunk, so that no client takes the part for the whole.
    private static void stream(ServerResponse response, Reply.Source source) throws IOException {
        var out = response.outputStream();
        try {
            source.writeTo(out);
        } catch (IOException | RuntimeException e) {
            if (response.bytesWritten() == 0) {
                throw e;
            }
            if (e instanceof dev.martlet.store.UnavailableException away) {
                LOGGER.log(
                        Level.WARNING,
                        "An answer broke off after {0} bytes: {1}",
                        Long.toString(response.bytesWritten()),
                        away.getMessage());
            } else {
                logFailure(e);
            }
            throw new CloseConnectionException("An answer broke off", e);
        }
        out.close();
    }

    private static void fail(ServerRequest request, ServerResponse response, Throwable thrown) {
        Problem problem = Problem.of(thrown).orElseGet(Problem::internal);
        if (problem.status().code() >= 500) {
            logFailure(thrown);
        }
        // What the failed handler had said of its own answer does not hold of this one.
        response.headers().remove(HeaderNames.CONTENT_LENGTH);
        response.headers().remove(HeaderNames.CONTENT_ENCODING);
        response.headers().remove(HeaderNames.ETAG);
        boolean broken = thrown instanceof HttpException http && !http.keepAlive();
        if (broken || !Body.cheapToDrain(request)) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        try {
            send(request, response, problem.reply());
        } catch (IOException e) {
            throw new CloseConnectionException("An answer broke off", e);
        }
    }

    private static void logFailure(Throwable thrown) {
        switch (thrown) {
            case Problem problem ->
                LOGGER.log(Level.DEBUG, "Answered {0}: {1}", problem.status().code(), problem.getMessage());
            case dev.martlet.store.UnavailableException away ->
                LOGGER.log(Level.DEBUG, "Answered 503: {0}", away.getMessage());
            case java.io.UncheckedIOException lost -> LOGGER.log(Level.DEBUG, "The client went away: {0}", lost);
            case IOException lost -> LOGGER.log(Level.DEBUG, "The client went away: {0}", lost);
            case io.helidon.webserver.ServerConnectionException lost ->
                LOGGER.log(Level.DEBUG, "The client went away: {0}", lost);
            default -> LOGGER.log(Level.ERROR, "A request failed", thrown);
        }
    }

    private static final class Beginning extends OutputStream {

        /// More than what compression writes before it is given anything.
        private static final int ENOUGH_BYTES = 100;

        private static final class Enough extends IOException {}

        private long count;

        @Override
        public void write(int b) throws IOException {
            count++;
            if (count > ENOUGH_BYTES) {
                throw new Enough();
            }
        }
    }
}
