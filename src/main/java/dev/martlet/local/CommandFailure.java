package dev.martlet.local;

import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonString;

/// Why a command, or one of its statements, is refused: MongoDB's number and name for the reason, and a sentence.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/error-codes/">Error codes</a>
final class CommandFailure extends RuntimeException {

    static final int BAD_VALUE = 2;
    static final int DUPLICATE_KEY = 11000;
    static final int CURSOR_IN_USE = 12051;

    private final int code;
    private final String codeName;
    private final BsonDocument details;

    CommandFailure(int code, String codeName, String message) {
        this(code, codeName, message, new BsonDocument());
    }

    /// @param details further members of the answer
    CommandFailure(int code, String codeName, String message, BsonDocument details) {
        super(message, null, false, false);
        this.code = code;
        this.codeName = codeName;
        this.details = details;
    }

    static CommandFailure badValue(String message) {
        return new CommandFailure(BAD_VALUE, "BadValue", message);
    }

    static CommandFailure wrongType(String message) {
        return new CommandFailure(14, "TypeMismatch", message);
    }

    boolean isCursorInUse() {
        return code == CURSOR_IN_USE;
    }

    String text() {
        return String.valueOf(getMessage());
    }

    /// As the answer to a command.
    BsonDocument answer() {
        var answer = new BsonDocument("ok", new BsonDouble(0))
                .append("errmsg", new BsonString(text()))
                .append("code", new BsonInt32(code))
                .append("codeName", new BsonString(codeName));
        answer.putAll(details);
        return answer;
    }

    /// As the outcome of one statement, or of one document, of a command.
    BsonDocument writeError(int index) {
        var error = new BsonDocument("index", new BsonInt32(index))
                .append("code", new BsonInt32(code))
                .append("errmsg", new BsonString(text()));
        error.putAll(details);
        return error;
    }
}
