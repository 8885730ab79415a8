package dev.martlet.http;

import io.helidon.common.Weighted;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Everything that a listening port needs: routes, request ids, problems for failures, and an answer for methods
/// and paths that do not exist.
///
/// ```java
/// new Listener(exchange, token, Failures::problem)
///         .routing(routing, List.of(Route.open("/").on("GET", Welcome::get)));
/// ```
public final class Listener {

    private final Exchange exchange;
    private final Optional<BearerToken> token;
    private final Sending sending;

    /// @param exchange what every request and answer has
    /// @param token    what guarded routes demand; empty if all are open
    /// @param problems the problem behind an exception of the application; empty if the application itself is wrong
    public Listener(Exchange exchange, Optional<String> token, Function<Throwable, Optional<Problem>> problems) {
        this.exchange = exchange;
        this.token = token.map(BearerToken::new);
        this.sending = new Sending(problems);
    }

    /// Puts the routes, and what every listener needs, into a routing.
    public void routing(HttpRouting.Builder routing, List<Route> routes) {
        routing.addFilter(exchange);
        routing.error(Throwable.class, sending::fail);
        routing.addFeature(new NothingHere());
        Stream.concat(routes.stream(), Stream.of(anywhere(routes)))
                .forEach(route -> routing.route(
                        route::answers, route.matcher(), (request, response) -> answer(route, request, response)));
    }

    /// `OPTIONS *`: every method that the service knows.
    private static Route anywhere(List<Route> routes) {
        return Route.open("*")
                .except(routes.stream()
                        .flatMap(route -> Arrays.stream(route.allow().split(", ")))
                        .filter(method -> !method.equals("OPTIONS"))
                        .distinct()
                        .toArray(String[]::new));
    }

    /// It comes after the routes of the observe feature, whose weight is 80.
    private static final class NothingHere implements HttpFeature, Weighted {
        @Override
        public void setup(HttpRouting.Builder routing) {
            routing.any((request, response) -> {
                throw nothingAt(request.prologue().uriPath().rawPath());
            });
        }

        private static Problem nothingAt(String path) {
            return Problem.notFound(
                    path.endsWith("/")
                            ? "There is nothing at this path: omit the `/` at its end, or GET /openapi to see what there is."
                            : "There is nothing at this path: GET /openapi tells what there is.");
        }

        @Override
        public double weight() {
            return 10;
        }
    }

    private void answer(Route route, ServerRequest request, ServerResponse response) throws Exception {
        String method = request.prologue().method().text();
        Optional<Route.Handler> handler = route.handler(method);
        if (route.guarded() && handler.isPresent()) {
            token.ifPresent(required -> required.check(request));
        }
        sending.send(
                request, response, handler.isPresent() ? handler.get().handle(request) : withoutHandler(route, method));
    }

    private static Reply withoutHandler(Route route, String method) {
        if (method.equals("OPTIONS")) {
            return Reply.of(Status.NO_CONTENT_204).with(HeaderNames.ALLOW, route.allow());
        }
        throw Problem.of(
                        Status.METHOD_NOT_ALLOWED_405,
                        "`" + method + "` is not allowed here: use " + Problem.oneOf(route.methods()) + ".")
                .header(HeaderNames.ALLOW, route.allow());
    }

    /// Failures that Helidon finds before there is a request to route: a head that is not HTTP, a line that is too
    /// long, …
    ///
    /// @param exchange what every request and answer has
    public static DirectHandlers directHandlers(Exchange exchange) {
        var handlers = DirectHandlers.builder();
        for (var event : DirectHandler.EventType.values()) {
            handlers.addHandler(
                    event,
                    (request, type, status, headers, message) ->
                            exchange.refused(request, headers, refusal(type, status, request)));
        }
        return handlers.build();
    }

    private static Problem refusal(
            DirectHandler.EventType type, Status status, DirectHandler.TransportRequest request) {
        Headers headers = request.headers();
        // Before there is a request, Helidon reports a bad method or header as INTERNAL_ERROR.
        if (type == DirectHandler.EventType.INTERNAL_ERROR
                && !RequestId.current().isEmpty()) {
            return Problem.internal();
        }
        if (status.equals(Status.BAD_REQUEST_400) && headers.contains(HeaderNames.CONTENT_ENCODING)) {
            return Body.unsupported("`Content-Encoding` is `"
                    + Problem.quoted(headers.get(HeaderNames.CONTENT_ENCODING).get())
                    + "`, which is not supported: send the body as it is.");
        }
        if (status.equals(Status.REQUEST_URI_TOO_LONG_414)) {
            return Problem.of(
                    status,
                    "The first line of the request exceeds " + Connections.MOST_REQUEST_LINE
                            + " bytes: shorten the address.");
        }
        String address = request.path();
        String last = address.isEmpty() ? "" : address.substring(address.length() - 1);
        if (!last.isEmpty() && RequestLine.UNENCODED.contains(last)) {
            return Problem.badRequest("The address has `" + last + "` in it: write it as `"
                    + PercentEncoding.encode(last) + "` (with curl: `-G --data-urlencode`).");
        }
        return switch (type) {
            case HTTP_VERSION_NOT_SUPPORTED ->
                Problem.badRequest("Only HTTP/1.1 is spoken here: use it (in nginx: `proxy_http_version 1.1`).");
            // Helidon answers an unknown Transfer-Encoding with 501, which is not a failure of the service.
            default ->
                Problem.of(
                        status.code() < 500 ? status : Status.BAD_REQUEST_400,
                        "The request is not valid HTTP: check its first line, its percent-encoding, its headers and its framing.");
        };
    }
}
