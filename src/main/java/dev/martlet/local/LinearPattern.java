package dev.martlet.local;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.function.Predicate;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/// A regular expression of RE2. Its time is proportional to the length of the text, whatever the pattern. Therefore
/// it has neither back references nor look-around.
///
/// @see <a href="https://github.com/google/re2/wiki/Syntax">Syntax</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/regex/">$regex</a>
final class LinearPattern {

    private static final int CHARACTERS_BETWEEN_CHECKS = 4096;

    private final Pattern pattern;

    /// @param options of `i`, `m` and `s`
    private LinearPattern(String pattern, String options) {
        boolean lines = options.indexOf('m') >= 0;
        try {
            this.pattern = Pattern.compile(lines ? pattern : endsBeforeLastLineBreak(pattern), flags(options));
        } catch (PatternSyntaxException e) {
            throw new CommandFailure(
                    51091, "Location51091", "Regular expression is invalid, or not one of RE2: " + e.getDescription());
        }
    }

    /// The values that pass `$regex`: texts with a match, and equal regular expressions.
    ///
    /// @param options in place of the pattern's own
    static Predicate<@Nullable BsonValue> of(BsonValue pattern, @Nullable BsonValue options) {
        String given = options instanceof BsonString letters ? letters.getValue() : "";
        return switch (pattern) {
            case BsonString text -> of(text.getValue(), given);
            case BsonRegularExpression expression ->
                of(expression.getPattern(), given.isEmpty() ? expression.getOptions() : given);
            default -> throw CommandFailure.badValue("$regex has to be a string");
        };
    }

    private static Predicate<@Nullable BsonValue> of(String pattern, String options) {
        var linear = new LinearPattern(pattern, options);
        var same = new BsonRegularExpression(pattern, options);
        return value -> switch (value) {
            case BsonString text -> linear.test(text.getValue());
            case BsonSymbol symbol -> linear.test(symbol.getSymbol());
            case BsonRegularExpression expression -> expression.equals(same);
            case null, default -> false;
        };
    }

    private static int flags(String options) {
        int flags = 0;
        for (int i = 0; i < options.length(); i++) {
            char option = options.charAt(i);
            flags |= switch (option) {
                case 'i' -> Pattern.CASE_INSENSITIVE;
                case 'm' -> Pattern.MULTILINE;
                case 's' -> Pattern.DOTALL;
                default -> throw new CommandFailure(51108, "Location51108", "invalid flag in regex options: " + option);
            };
        }
        return flags;
    }

    /// In MongoDB's library `$` means the end, and the place before a line break that ends the text. In RE2 it
    /// means only the end.
    private static String endsBeforeLastLineBreak(String pattern) {
        if (pattern.indexOf('$') < 0 || pattern.contains("\\Q") || pattern.contains("(?")) {
            return pattern;
        }
        var translated = new StringBuilder();
        boolean inClass = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            translated.append(c == '$' && !inClass ? "(?:\\n?\\z)" : String.valueOf(c));
            if (c == '\\' && i + 1 < pattern.length()) {
                translated.append(pattern.charAt(++i));
            } else if (c == '[') {
                inClass = true;
            } else if (c == ']') {
                inClass = false;
            }
        }
        return translated.toString();
    }

    /// Whether the text has a match anywhere.
    private boolean test(String text) {
        return pattern.matcher(new Checked(text)).find();
    }

    /// A text whose reader can be stopped.
    private static final class Checked implements CharSequence {

        private final String text;
        private int untilCheck = CHARACTERS_BETWEEN_CHECKS;

        Checked(String text) {
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (--untilCheck == 0) {
                untilCheck = CHARACTERS_BETWEEN_CHECKS;
                Work.check();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
