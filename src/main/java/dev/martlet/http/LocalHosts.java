package dev.martlet.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Locale;
import java.util.regex.Pattern;

/// Answers only clients that call this machine by a name that is always its own. Listening on loopback does not
/// keep a web page out: once the browser has loaded the page, its name can be made to mean 127.0.0.1 (DNS
/// rebinding).
public final class LocalHosts implements Filter {

    private static final Pattern LOCAL =
            Pattern.compile("(([a-z0-9-]+\\.)*localhost\\.?|127\\.0\\.0\\.1|\\[::1])(:[0-9]*)?");

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String host = request.headers().contains(HeaderNames.HOST)
                ? request.headers().get(HeaderNames.HOST).get()
                : "";
        if (!LOCAL.matcher(host.toLowerCase(Locale.ROOT)).matches()) {
            throw Problem.of(
                    Status.MISDIRECTED_REQUEST_421,
                    "Without a token only localhost is answered, not the Host `" + Problem.quoted(host)
                            + "`: set API_TOKEN, or HOST to where the service is to listen.");
        }
        chain.proceed();
    }
}
