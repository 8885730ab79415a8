package dev.martlet.api;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.martlet.http.Problem;
import org.bson.BsonString;
import org.bson.BsonValue;

/// The operands of `$regex` and `$options`: only what [RE2](https://github.com/google/re2/wiki/Syntax) knows.
///
/// RE2 has neither back references nor look-around. So the embedded database can search in linear time, and no
/// pattern stops the service. MongoDB allows more, but a filter should work on both databases.
final class RegularExpression {

    private static final int LONGEST = 256;

    private static final String SYNTAX = "https://github.com/google/re2/wiki/Syntax";

    private RegularExpression() {}

    static void checkPattern(BsonValue value) {
        if (!(value instanceof BsonString pattern)
                || pattern.getValue().length() > LONGEST
                || pattern.getValue().indexOf(0) >= 0) {
            throw Problem.badRequest("`$regex` needs a regular expression of at most " + LONGEST + " characters.");
        }
        try {
            Pattern.compile(pattern.getValue());
        } catch (PatternSyntaxException e) {
            refuseMistake(pattern.getValue());
            throw Problem.unprocessable("`$regex` is not in RE2's syntax, because of `" + e.getDescription()
                    + "`: write it without back references and look-around, see " + SYNTAX + ".");
        }
    }

    /// Java knows about as much as MongoDB, and says better than RE2/J what is wrong.
    private static void refuseMistake(String pattern) {
        try {
            java.util.regex.Pattern.compile(pattern);
        } catch (java.util.regex.PatternSyntaxException e) {
            throw Problem.badRequest("`$regex` is not a regular expression, because of `" + e.getDescription()
                    + "`: correct it, see " + SYNTAX + ".");
        }
    }

    static void checkOptions(BsonValue value) {
        if (!(value instanceof BsonString options) || !options.getValue().matches("[imsx]*")) {
            throw Problem.badRequest("`$options` needs some of the letters `i`, `m` and `s`.");
        }
        if (options.getValue().indexOf('x') >= 0) {
            throw Problem.unprocessable(
                    "`$options` has `x`, which RE2 does not know: write the pattern without white space and comments.");
        }
    }
}
