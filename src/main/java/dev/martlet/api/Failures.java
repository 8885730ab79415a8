package dev.martlet.api;

import dev.martlet.http.Problem;
import dev.martlet.json.JsonRefusedException;
import dev.martlet.store.FeedRefusedException;
import dev.martlet.store.RejectedException;
import dev.martlet.store.UnavailableException;
import io.helidon.http.Status;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Turns failures into problems. No other class knows which failure is which problem.
final class Failures {

    private static final String IN_DOUBT = ", so the change may have been made: send it again if it has an "
            + "`Idempotency-Key`, an `_id` or a condition, and look first otherwise";

    private Failures() {}

    /// The problem behind an exception. Empty if the exception is our own mistake, which is a 500.
    ///
    /// @param trouble why the disk under the database takes no writes; then this is why the database was
    /// unavailable
    static Optional<Problem> problem(Throwable thrown, Optional<String> trouble) {
        return switch (thrown) {
            case Problem problem -> Optional.of(problem);
            case JsonRefusedException refused -> Optional.of(refused(refused));
            case RejectedException rejected -> Optional.of(refused(rejected));
            case UnavailableException away -> Optional.of(unavailable(away, trouble, Optional.empty()));
            case FeedRefusedException refused -> Optional.of(refused(refused));
            default -> Optional.empty();
        };
    }

    private static Problem refused(FeedRefusedException refused) {
        return switch (refused.reason()) {
            case NO_STREAMS ->
                Problem.of(
                        Status.NOT_IMPLEMENTED_501,
                        "This database has no change streams, like a standalone MongoDB: make it a replica set, "
                                + "of one member at least.");
            case NO_PLACE -> noPlace();
            case TOO_OLD ->
                Problem.of(
                        Status.GONE_410,
                        "The database has forgotten what came after `Last-Event-ID`: watch without it, "
                                + "and list the documents when the stream has begun.");
            case TOO_LARGE ->
                Problem.of(
                        Status.GONE_410,
                        "A change after `Last-Event-ID` exceeds the 16 MiB that the database can send: watch without "
                                + "it, and list the documents when the stream has begun.");
        };
    }

    static Problem noPlace() {
        return Problem.badRequest("`Last-Event-ID` is not the id of an event: omit it to watch from now on.");
    }

    /// @param cure in place of the usual one
    static Problem unavailable(UnavailableException away, Optional<String> trouble, Optional<String> cure) {
        if (away.damage()) {
            return Problem.of(Status.SERVICE_UNAVAILABLE_503, message(away) + ".");
        }
        return trouble.map(why -> Problem.of(
                        Status.INSUFFICIENT_STORAGE_507,
                        "Nothing can be written: " + why
                                + cure.map(text -> ". Then " + text).orElse("") + "."))
                .orElseGet(() -> Problem.overloaded(message(away)
                        + cure.map(text -> ": " + text).orElse(away.doubtful() ? IN_DOUBT : ": try again in a moment")
                        + "."));
    }

    static Problem refused(RejectedException rejected) {
        return rejected.conflict()
                ? Problem.of(Status.CONFLICT_409, message(rejected))
                : Problem.unprocessable(message(rejected));
    }

    private static Problem refused(JsonRefusedException refused) {
        Status status =
                switch (refused.reason()) {
                    case MALFORMED -> Status.BAD_REQUEST_400;
                    case UNSTORABLE -> Status.UNPROCESSABLE_CONTENT_422;
                    case TOO_LONG -> Status.REQUEST_ENTITY_TOO_LARGE_413;
                };
        Problem problem = Problem.of(status, sentence(message(refused)));
        return refused.position()
                .map(at -> problem.member("position", position(at)))
                .orElse(problem);
    }

    private static Map<String, Object> position(JsonRefusedException.Position at) {
        var position = new LinkedHashMap<String, Object>();
        position.put("line", at.line());
        position.put("column", at.column());
        position.put("offset", at.offset());
        return position;
    }

    private static String sentence(String part) {
        return Character.toUpperCase(part.charAt(0)) + part.substring(1) + ".";
    }

    private static String message(RuntimeException e) {
        return String.valueOf(e.getMessage());
    }
}
