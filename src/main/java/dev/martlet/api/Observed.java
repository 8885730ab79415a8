package dev.martlet.api;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;

/// The paths of Helidon's observe feature, which answers their `GET`, and their `HEAD` except that of `/metrics`. Here
/// is the rest: it must come before the feature, whose answer to `OPTIONS` is metadata.
final class Observed {

    static final List<String> PATHS =
            List.of("/health", "/health/live", "/health/ready", "/health/started", "/metrics");

    private Observed() {}

    static void routing(HttpRouting.Builder routing) {
        for (String path : PATHS) {
            boolean withHead = path.startsWith("/health");
            Route route = Route.open(path).on("GET", Observed::metricsHead);
            routing.route(
                    method -> !method.text().equals("GET")
                            && !(withHead && method.text().equals("HEAD")),
                    route.matcher(),
                    (request, response) -> Api.sendOpen(route, request, response));
        }
    }

    private static Reply metricsHead(ServerRequest request) {
        return Reply.of(Status.OK_200)
                .with(
                        HeaderNames.CONTENT_TYPE,
                        Accept.best(request, "text/plain", Reply.JSON, "application/openmetrics-text"));
    }
}
