package dev.martlet.ops;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/// Counts and times every request. When the service ends, it asks clients to leave.
public final class Traffic implements Filter {

    private final Drain drain;
    private final Meters meters;

    public Traffic(Drain drain, Meters meters) {
        this.drain = drain;
        this.meters = meters;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long started = System.nanoTime();
        drain.enter(request.path().path().startsWith("/health"));
        if (drain.draining()) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        try {
            chain.proceed();
        } finally {
            drain.leave();
            // How long somebody watched tells nothing of how long answers take.
            if (!isEventStream(response)) {
                meters.request(
                        route(request),
                        request.prologue().method().text(),
                        response.status().code(),
                        System.nanoTime() - started);
            }
        }
    }

    private static boolean isEventStream(RoutingResponse response) {
        return response.headers()
                .first(HeaderNames.CONTENT_TYPE)
                .filter("text/event-stream"::equals)
                .isPresent();
    }

    /// Patterns of Helidon's own features end with a slash.
    private static String route(RoutingRequest request) {
        // Where there is nothing, what matched is empty.
        String pattern = request.matchingPattern().filter(it -> !it.isEmpty()).orElse("unknown");
        return pattern.length() > 1 && pattern.endsWith("/") ? pattern.substring(0, pattern.length() - 1) : pattern;
    }
}
