package dev.martlet.http;

import dev.martlet.trace.Span;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/// Why a request cannot be answered as asked, in words for its sender:
/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details.
///
/// ```java
/// throw Problem.notFound("There is no such page: see /pages.").member("page", 7);
/// ```
///
/// Everything that goes wrong becomes a problem. Nothing else of an exception reaches a client.
///
/// A detail is a sentence: what is wrong, where, a colon, the cure, a full stop.
public final class Problem extends RuntimeException {

    static final String MEDIA_TYPE = "application/problem+json";
    /// When to come back after a 503: about the time of an election, or of the autoscaler's first step.
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /// A safety net: quoted text is cut where it is quoted.
    private static final int MOST_CHARACTERS = 1000;
    private static final int MOST_QUOTED = 80;

    private final Status status;
    private final String detail;
    private final Map<HeaderName, String> headers = new LinkedHashMap<>();
    private final Map<String, Object> members = new LinkedHashMap<>();

    private Problem(Status status, String detail) {
        String bounded = cut(detail, MOST_CHARACTERS);
        super(bounded, null, false, false);
        this.status = status;
        this.detail = bounded;
    }

    /// What a client sent, cut so that it can be quoted.
    public static String quoted(String text) {
        return cut(text, MOST_QUOTED);
    }

    /// Names to choose from, as a part of a sentence.
    public static String oneOf(Collection<String> names) {
        String all = "`" + String.join("`, `", names) + "`";
        int last = all.lastIndexOf(", ");
        return last < 0 ? all : all.substring(0, last) + " or " + all.substring(last + 2);
    }

    private static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        // Half of a surrogate pair is not text.
        return text.substring(0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most) + "…";
    }

    /// @param detail what is wrong with this request, with the value and the cure
    public static Problem of(Status status, String detail) {
        return new Problem(status, detail);
    }

    public static Problem badRequest(String detail) {
        return of(Status.BAD_REQUEST_400, detail);
    }

    public static Problem unprocessable(String detail) {
        return of(Status.UNPROCESSABLE_CONTENT_422, detail);
    }

    public static Problem notFound(String detail) {
        return of(Status.NOT_FOUND_404, detail);
    }

    public static Problem preconditionFailed(String detail) {
        return of(Status.PRECONDITION_FAILED_412, detail);
    }

    /// A request that may be tried again: 503 with `Retry-After`.
    public static Problem overloaded(String detail) {
        return of(Status.SERVICE_UNAVAILABLE_503, detail)
                .header(HeaderNames.RETRY_AFTER, Long.toString(RETRY_AFTER.toSeconds()));
    }

    /// Our own mistake. The log has the reason, beside the request id that the answer carries.
    public static Problem internal() {
        return of(
                Status.INTERNAL_SERVER_ERROR_500,
                "The service failed: look for this answer's X-Request-Id in its log.");
    }

    /// The same problem, with the part of the request that it is about.
    ///
    /// @param what the part
    public Problem in(String what) {
        boolean sentence = detail.length() > 1 && !Character.isUpperCase(detail.charAt(1));
        String part = sentence ? Character.toLowerCase(detail.charAt(0)) + detail.substring(1) : detail;
        var problem = new Problem(status, "In " + what + ": " + part);
        problem.headers.putAll(headers);
        problem.members.putAll(members);
        return problem;
    }

    public Problem header(HeaderName name, String value) {
        headers.put(name, value);
        return this;
    }

    /// Adds an extension member: a string, a number or a map of these.
    public Problem member(String name, Object value) {
        members.put(name, value);
        return this;
    }

    public Status status() {
        return status;
    }

    Reply reply() {
        return new Reply(status, headers, new Reply.Body.Bytes(json(), MEDIA_TYPE));
    }

    /// The members of the problem's JSON.
    public Map<String, Object> asMembers() {
        var all = new LinkedHashMap<String, Object>();
        all.put("type", "about:blank");
        all.put("title", title());
        all.put("status", status.code());
        all.put("detail", detail);
        all.putAll(members);
        return all;
    }

    /// The names of [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-client-error-4xx). Helidon has older ones.
    private String title() {
        return switch (status.code()) {
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            default -> status.reasonPhrase();
        };
    }

    /// The members in an answer, with the trace id of the answer if there is one.
    byte[] json() {
        Map<String, Object> all = asMembers();
        String traceId = Span.current().traceId();
        if (!traceId.isEmpty()) {
            all.put("traceId", traceId);
        }
        return SmallJson.of(all);
    }
}
