package dev.martlet.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.Status;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// A line for each request, as named members. The log writes them in its own format, and adds the request's ids.
///
/// | member | what |
/// |---|---|
/// | `method`, `path` | as they were sent, without the query: a filter can hold data of documents |
/// | `route` | the path's pattern, such as `/data/{id}`; none for an unknown path |
/// | `status`, `bytes` | of the answer; its head counts too |
/// | `ms` | from the request's head to the end of the answer |
/// | `waitedMs` | how much of this the request waited for others or for memory |
/// | `cut` | `true` when the connection broke, or was broken off, in the middle of the answer |
final class AccessLog {

    private static final Logger LOGGER = System.getLogger(AccessLog.class.getName());
    private static final int MOST_PATH = 200;
    private static final Pattern UNSAFE = Pattern.compile("[^!-~]");

    private AccessLog() {}

    static void answered(
            RoutingRequest request, RoutingResponse response, boolean whole, long nanos, long waitedNanos) {
        var line = line(
                request.prologue().method().text(), request.prologue().uriPath().rawPath());
        Route.matched(request).ifPresent(route -> line.put("route", route));
        line.put("status", response.status().code());
        line.put("bytes", response.bytesWritten());
        line.put("ms", millis(nanos));
        line.put("waitedMs", millis(waitedNanos));
        if (!whole) {
            line.put("cut", true);
        }
        LOGGER.log(Level.INFO, "{0}", line);
    }

    /// A request whose head is wrong. Of some, nothing else is known.
    static void refused(DirectHandler.TransportRequest request, Status status) {
        var line = line(request.method(), request.path());
        line.put("status", status.code());
        LOGGER.log(Level.INFO, "{0}", line);
    }

    private static Map<String, Object> line(String method, String path) {
        var line = new LinkedHashMap<String, Object>();
        line.put("method", safe(method));
        line.put("path", safe(path));
        return line;
    }

    private static String safe(String sent) {
        int query = sent.indexOf('?');
        String path = query < 0 ? sent : sent.substring(0, query);
        return UNSAFE.matcher(path.length() > MOST_PATH ? path.substring(0, MOST_PATH) + "..." : path)
                .replaceAll("?");
    }

    /// Microseconds are enough.
    private static double millis(long nanos) {
        long micros = nanos / 1_000;
        return micros / 1_000.0;
    }
}
