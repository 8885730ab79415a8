package dev.martlet.store;

import static java.util.Map.entry;

import com.mongodb.MongoClientException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoServerException;
import com.mongodb.MongoSocketException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonMaximumSizeExceededException;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;

/// What came instead of an answer: the command's own error, one of its `writeErrors` (where mongos puts troubles of
/// its shards too), its `writeConcernError`, or nothing at all.
///
/// There are three kinds. A code in [#MISTAKES] is the client's mistake: 422, and another document or query helps.
/// A passing trouble is tried again. Every other trouble is for the people who run the database: 503, and once in
/// the log.
///
/// @see <a href="https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml">error_codes.yml</a>
final class Trouble extends RuntimeException {

    static final int UNAUTHORIZED = 13;
    static final int NO_TRANSACTION_NUMBERS = 20;
    static final int EXCEEDED_MEMORY = 146;
    static final int NO_SUCH_TRANSACTION = 251;
    static final int NO_RETRYABLE_WRITES = 301;
    static final int DATA_CORRUPTION = 361;
    private static final int TOO_LARGE = 10334;
    private static final int NONE = 0;

    private static final Set<Integer> DUPLICATE_KEY = Set.of(11000, 11001, 12582);

    /// What the client can correct, and how.
    private static final Map<Integer, String> MISTAKES = Map.ofEntries(
            entry(2, "a value is not one that it allows there"),
            entry(9, "it cannot be parsed"),
            entry(14, "a value is of the wrong type"),
            entry(15, "it is nested too deeply: keep it below 100 levels"),
            entry(52, "a name begins with `$`: rename that member"),
            entry(54, "a member has more than one value where one is expected"),
            entry(55, "the value of a DBRef is not valid"),
            entry(56, "a name is empty: rename that member"),
            entry(57, "a name has a dot: rename that member"),
            entry(121, "the collection's validation rules do not allow it: send what they demand"),
            entry(171, "two of its arrays are in one index: omit one of them"),
            entry(292, "its sort takes too much memory: narrow it with a filter, or cut it off with a limit"),
            entry(TOO_LARGE, "it exceeds 16 MiB: send a smaller one"),
            entry(16746, "an array has both a place and a member of that number: rename the member"),
            entry(16755, "a member in a geospatial index is not a valid place: send GeoJSON there"),
            entry(17262, "its `language` is unknown to the text index: rename that member"),
            entry(17280, "the value of an indexed member is too long for its index: shorten it"),
            entry(17419, "it exceeds 16 MiB: send a smaller one"),
            entry(17420, "it exceeds 16 MiB: send a smaller one"),
            entry(51091, "a regular expression is not valid: correct it"));

    /// Passing codes, besides those with a label of MongoDB: codes of its specifications of retryable writes and
    /// reads, conflicts, exceeded rates, and 1 and 50463173: a restart of PostgreSQL, seen through DocumentDB.
    private static final Set<Integer> PASSING = Set.of(
            1, 6, 7, 24, 43, 46, 50, 63, 64, 89, 91, 112, 133, 134, 150, 175, 189, 202, 237, 251, 262, 384, 9001, 10058,
            10107, 11600, 11601, 11602, 13388, 13435, 13436, 16500, 50463173);

    private final int code;
    private final boolean passing;
    private final Set<String> labels;
    private final String kind;

    private Trouble(int code, boolean passing, Set<String> labels, String kind, @Nullable Throwable cause) {
        super(kind, cause, false, false);
        this.code = code;
        this.passing = passing;
        this.labels = labels;
        this.kind = kind;
    }

    static Trouble of(RuntimeException thrown) {
        return switch (thrown) {
            case Trouble trouble -> trouble;
            case MongoCommandException refused ->
                said(refused.getErrorCode(), refused.getErrorCodeName(), labels(refused));
            case MongoServerException refused -> said(refused.getCode(), "", refused.getErrorLabels());
            case BsonMaximumSizeExceededException tooLarge ->
                new Trouble(TOO_LARGE, false, Set.of(), "more than a command may hold", null);
            // No server, no connection, no login, no answer.
            case MongoSocketException away -> away(away);
            case MongoClientException away -> away(away);
            // The database may be in the middle of being replaced by another version.
            case MongoIncompatibleDriverException version -> away(version);
            // An answer without sense, or our own mistake.
            default -> new Trouble(NONE, false, Set.of(), thrown.getClass().getSimpleName(), thrown);
        };
    }

    /// @param error the error of a write, with a code and perhaps its name
    static Trouble of(BsonDocument error, Set<String> labels) {
        return said(code(error), error.getString("codeName", new BsonString("")).getValue(), labels);
    }

    /// What the database said about a document is not yet at a majority.
    static Trouble unconfirmed() {
        return new Trouble(NONE, true, Set.of(), "no majority has it yet", null);
    }

    /// A command was not answered in time.
    static Trouble unanswered() {
        return new Trouble(NONE, true, Set.of(), "no answer", null);
    }

    /// Adds the labels that an engine without labels omits. Beside a write concern error, MongoDB omits them on
    /// purpose.
    private static Set<String> labels(MongoCommandException refused) {
        return refused.getErrorCode() == NO_SUCH_TRANSACTION
                        && !refused.getResponse().containsKey("writeConcernError")
                ? Set.of(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL)
                : refused.getErrorLabels();
    }

    private static Trouble away(MongoException e) {
        return new Trouble(NONE, true, e.getErrorLabels(), e.getClass().getSimpleName(), null);
    }

    private static Trouble said(int code, String name, Set<String> labels) {
        boolean passing = PASSING.contains(code)
                || labels.contains("RetryableWriteError")
                || labels.contains(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL);
        return new Trouble(code, passing, labels, "code " + code + (name.isEmpty() ? "" : ", " + name), null);
    }

    private static int code(BsonDocument error) {
        return error.isNumber("code") ? error.getNumber("code").intValue() : NONE;
    }

    static Set<String> labels(BsonDocument reply) {
        return reply.isArray("errorLabels")
                ? reply.getArray("errorLabels").stream()
                        .filter(label -> label.isString())
                        .map(label -> label.asString().getValue())
                        .collect(Collectors.toSet())
                : Set.of();
    }

    static boolean duplicateKey(BsonDocument error) {
        return DUPLICATE_KEY.contains(code(error));
    }

    int code() {
        return code;
    }

    /// For the log.
    String kind() {
        return kind;
    }

    /// Whether the same command may succeed in a moment.
    boolean passing() {
        return passing;
    }

    /// The same for a commit. Every further copy of a commit returns its outcome.
    Trouble inDoubt() {
        return new Trouble(code, true, labels, kind, getCause());
    }

    /// Whether it means that a transaction is not committed, and never will be.
    boolean undone() {
        return labels.contains(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL);
    }

    /// The client's mistake, if it is one.
    ///
    /// @param what the client sent
    Optional<RejectedException> mistake(String what) {
        return Optional.ofNullable(MISTAKES.get(code))
                .map(cure -> new RejectedException(
                        "The database refuses the " + what + " (code " + code + "): " + cure + "."));
    }
}
