package dev.martlet.replicas;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonString;

/// A command that fails as a whole, with its code.
final class Failure extends Exception {

    static final int MAX_TIME_EXPIRED = 50;
    static final int WRITE_CONCERN_TIMED_OUT = 64;
    static final int WRITE_CONFLICT = 112;
    static final int STEPPED_DOWN = 189;
    static final int TRANSACTION_TOO_OLD = 225;
    static final int NO_SUCH_TRANSACTION = 251;
    static final int INVALID_RESUME_TOKEN = 260;
    static final int CHANGE_STREAM_FATAL = 280;
    static final int CHANGE_STREAM_HISTORY_LOST = 286;
    static final int NOT_PRIMARY = 10107;
    static final int BSON_OBJECT_TOO_LARGE = 10334;
    static final int DUPLICATE_KEY = 11000;
    static final int INTERRUPTED_BY_STATE_CHANGE = 11602;
    static final int NOT_PRIMARY_NO_SECONDARY_OK = 13435;
    static final int NOT_PRIMARY_OR_SECONDARY = 13436;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(2, "BadValue"),
            Map.entry(6, "HostUnreachable"),
            Map.entry(7, "HostNotFound"),
            Map.entry(43, "CursorNotFound"),
            Map.entry(50, "MaxTimeMSExpired"),
            Map.entry(59, "CommandNotFound"),
            Map.entry(64, "WriteConcernTimeout"),
            Map.entry(91, "ShutdownInProgress"),
            Map.entry(112, "WriteConflict"),
            Map.entry(133, "FailedToSatisfyReadPreference"),
            Map.entry(168, "InvalidPipelineOperator"),
            Map.entry(189, "PrimarySteppedDown"),
            Map.entry(225, "TransactionTooOld"),
            Map.entry(CHANGE_STREAM_FATAL, "ChangeStreamFatalError"),
            Map.entry(CHANGE_STREAM_HISTORY_LOST, "ChangeStreamHistoryLost"),
            Map.entry(INVALID_RESUME_TOKEN, "InvalidResumeToken"),
            Map.entry(251, "NoSuchTransaction"),
            Map.entry(256, "TransactionCommitted"),
            Map.entry(262, "ExceededTimeLimit"),
            Map.entry(10107, "NotWritablePrimary"),
            Map.entry(11000, "DuplicateKey"),
            Map.entry(11600, "InterruptedAtShutdown"),
            Map.entry(11602, "InterruptedDueToReplStateChange"),
            Map.entry(13435, "NotPrimaryNoSecondaryOk"),
            Map.entry(13436, "NotPrimaryOrSecondary"));

    /// The codes that a server of 4.4 or later labels. Drivers leave that to the server: "Drivers MUST NOT add a
    /// RetryableWriteError label to any error derived from a 4.4+ server response".
    private static final Set<Integer> RETRYABLE =
            Set.of(6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436);

    private static final Set<Integer> STATE_CHANGES = Set.of(91, 189, 10107, 11600, 11602, 13435, 13436);

    private final int code;

    Failure(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }

    static String name(int code) {
        return NAMES.getOrDefault(code, "Location" + code);
    }

    /// The answer to a command that failed, without what only its member knows.
    BsonDocument answer(BsonDocument command) {
        BsonDocument answer = new BsonDocument("ok", new BsonDouble(0))
                .append("errmsg", new BsonString(String.valueOf(getMessage())))
                .append("code", new BsonInt32(code))
                .append("codeName", new BsonString(name(code)));
        return label(answer, command, code, false);
    }

    /// Whether the answer carries the member's `topologyVersion`, by which a driver recognises old news.
    static boolean stateChange(int code) {
        return STATE_CHANGES.contains(code);
    }

    /// The answer to a write that was carried out but not confirmed.
    static BsonDocument withConcernError(BsonDocument answer, BsonDocument command, int code) {
        BsonDocument error = new BsonDocument("code", new BsonInt32(code))
                .append("codeName", new BsonString(name(code)))
                .append("errmsg", new BsonString("the write is not known to be on a majority"));
        if (code == WRITE_CONCERN_TIMED_OUT) {
            error.append("errInfo", new BsonDocument("wtimeout", org.bson.BsonBoolean.TRUE));
        }
        return label(answer.append("writeConcernError", error), command, code, true);
    }

    private static BsonDocument label(BsonDocument answer, BsonDocument command, int code, boolean concern) {
        boolean ending = Session.ends(command);
        boolean inTransaction = Session.inTransaction(command) && !ending;
        List<BsonString> labels = new ArrayList<>();
        if (RETRYABLE.contains(code) && !inTransaction && command.containsKey("txnNumber")) {
            labels.add(new BsonString("RetryableWriteError"));
        }
        boolean lost = code == NO_SUCH_TRANSACTION && !concern;
        if (inTransaction
                ? lost || code == WRITE_CONFLICT || RETRYABLE.contains(code)
                : lost && command.containsKey("commitTransaction")) {
            labels.add(new BsonString("TransientTransactionError"));
        }
        return labels.isEmpty() ? answer : answer.append("errorLabels", new BsonArray(labels));
    }
}
