package dev.martlet.api;

import dev.martlet.json.JsonRefusedException;
import dev.martlet.store.RejectedException;
import dev.martlet.store.UnavailableException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A request that cannot be answered as asked, in the words that its sender reads:
/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details.
///
/// Everything that goes wrong becomes one of these in [#of(Throwable)], and nothing else of an exception reaches a
/// client.
final class Problem extends RuntimeException {

    static final String MEDIA_TYPE = "application/problem+json";
    /// When to come back after a 503: about what an election, or one step of the autoscaler's first pod, takes.
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final Status status;
    private final Map<HeaderName, String> headers = new LinkedHashMap<>();
    private final Map<String, Object> members = new LinkedHashMap<>();

    private Problem(Status status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    /// @param detail what is wrong with this request, naming the value and the cure
    static Problem of(Status status, String detail) {
        return new Problem(status, detail);
    }

    static Problem badRequest(String detail) {
        return of(Status.BAD_REQUEST_400, detail);
    }

    static Problem unprocessable(String detail) {
        return of(Status.UNPROCESSABLE_CONTENT_422, detail);
    }

    static Problem notFound(String detail) {
        return of(Status.NOT_FOUND_404, detail);
    }

    static Problem preconditionFailed(String detail) {
        return of(Status.PRECONDITION_FAILED_412, detail);
    }

    static Problem overloaded(String detail) {
        return of(Status.SERVICE_UNAVAILABLE_503, detail)
                .header(HeaderNames.RETRY_AFTER, Long.toString(RETRY_AFTER.toSeconds()));
    }

    Problem header(HeaderName name, String value) {
        headers.put(name, value);
        return this;
    }

    /// Adds an extension member: a string, a number or a map of these.
    Problem member(String name, Object value) {
        members.put(name, value);
        return this;
    }

    Status status() {
        return status;
    }

    /// The problem behind an exception; empty for one that is our own mistake, and so a 500.
    static Optional<Problem> of(Throwable thrown) {
        return Optional.ofNullable(
                switch (thrown) {
                    case Problem problem -> problem;
                    case JsonRefusedException refused -> refused(refused);
                    case RejectedException rejected -> unprocessable(message(rejected));
                    case UnavailableException unavailable ->
                        overloaded(message(unavailable) + " Try again in a moment.");
                    // The connection's watch, and Helidon when it finds a request wrong.
                    // Helidon's message may quote anything, so the status must do.
                    case HttpException http
                    when http.getClass() == HttpException.class && http.status().code() < 500 ->
                        of(http.status(), message(http));
                    case HttpException http
                    when http.status().code() < 500 ->
                        of(http.status(), "The request is not valid HTTP for this resource.");
                    default -> null;
                });
    }

    private static Problem refused(JsonRefusedException refused) {
        Status status =
                switch (refused.reason()) {
                    case MALFORMED -> Status.BAD_REQUEST_400;
                    case UNSTORABLE -> Status.UNPROCESSABLE_CONTENT_422;
                };
        Problem problem = of(status, message(refused));
        return refused.position()
                .map(at -> problem.member("position", position(at)))
                .orElse(problem);
    }

    static Map<String, Object> position(JsonRefusedException.Position at) {
        var position = new LinkedHashMap<String, Object>();
        position.put("line", at.line());
        position.put("column", at.column());
        position.put("offset", at.offset());
        return position;
    }

    private static String message(RuntimeException e) {
        return String.valueOf(e.getMessage());
    }

    /// Our own mistake. What it was stands in the log, beside the request id that the answer carries.
    static Problem internal() {
        return of(
                Status.INTERNAL_SERVER_ERROR_500,
                "The service failed. The log tells why, under this answer's X-Request-Id.");
    }

    Reply reply() {
        return new Reply(status, headers, new Reply.Body.Bytes(json(), MEDIA_TYPE));
    }

    /// The members that an NDJSON answer gives for one refused line.
    Map<String, Object> asMembers() {
        var all = new LinkedHashMap<String, Object>();
        all.put("type", "about:blank");
        all.put("title", status.reasonPhrase());
        all.put("status", status.code());
        all.put("detail", message(this));
        all.putAll(members);
        return all;
    }

    byte[] json() {
        return SmallJson.of(asMembers());
    }
}
