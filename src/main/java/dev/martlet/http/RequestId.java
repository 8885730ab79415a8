package dev.martlet.http;

import dev.martlet.trace.Span;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/// The name of a request, in its answer and in all of its log lines.
public final class RequestId {

    static final HeaderName HEADER = HeaderNames.create("X-Request-Id");
    /// The names that a client may give: nothing that could break a log line or a header.
    private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:=+/-]{1,128}");
    private static final ScopedValue<String> CURRENT = ScopedValue.newInstance();

    private RequestId() {}

    /// The id of the request that this thread answers, or an empty text.
    public static String current() {
        return CURRENT.isBound() ? CURRENT.get() : "";
    }

    /// The ids that a line of the log bears: this one, and that of the trace.
    public static Map<String, String> all() {
        String id = current();
        String traceId = Span.current().traceId();
        if (traceId.isEmpty()) {
            return id.isEmpty() ? Map.of() : Map.of("requestId", id);
        }
        var all = new LinkedHashMap<String, String>();
        all.put("requestId", id);
        all.put("traceId", traceId);
        return all;
    }

    static String of(Headers headers) {
        return headers.contains(HEADER)
                        && SANE.matcher(headers.get(HEADER).get()).matches()
                ? headers.get(HEADER).get()
                : fresh();
    }

    static String fresh() {
        var random = ThreadLocalRandom.current();
        return HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong());
    }

    static void during(String id, Runnable work) {
        ScopedValue.where(CURRENT, id).run(work);
    }
}
