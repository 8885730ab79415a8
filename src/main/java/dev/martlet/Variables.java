package dev.martlet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The environment variables, each read as its type.
record Variables(Map<String, String> environment) {

    Optional<String> text(String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isEmpty());
    }

    Optional<String> secret(String variable) {
        String fileVariable = variable + "_FILE";
        Optional<String> file = text(fileVariable);
        if (file.isEmpty()) {
            return text(variable);
        }
        if (text(variable).isPresent()) {
            throw new SettingException(variable + " and " + fileVariable + " are both set: keep one of them");
        }
        return Optional.of(content(fileVariable, file.get()));
    }

    private static String content(String variable, String file) {
        String content;
        try {
            content = Files.readString(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            throw new SettingException(
                    variable + "=" + file + " cannot be read: give a UTF-8 text file that this process may read");
        }
        String value = content.endsWith("\r\n")
                ? content.substring(0, content.length() - 2)
                : content.endsWith("\n") ? content.substring(0, content.length() - 1) : content;
        if (value.isEmpty()) {
            throw new SettingException(
                    variable + "=" + file + " is empty: write the value into it, or unset the variable");
        }
        return value;
    }

    int number(String variable, int otherwise, int least, int most) {
        return parsed(
                variable,
                otherwise,
                text -> {
                    int number = Integer.parseInt(text);
                    if (number < least || number > most) {
                        throw new IllegalArgumentException(text);
                    }
                    return number;
                },
                "a whole number from " + least + " to " + most);
    }

    Duration duration(String variable, Duration otherwise) {
        return parsed(
                variable,
                otherwise,
                text -> {
                    Duration duration = Duration.parse(text);
                    // A day: far beyond any sense, and far from an overflow of milliseconds.
                    if (duration.compareTo(Duration.ofMillis(1)) < 0 || duration.compareTo(Duration.ofDays(1)) > 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return duration;
                },
                "an ISO 8601 duration from PT0.001S to P1D, such as PT15S");
    }

    <T> T parsed(String variable, T otherwise, Function<String, T> parse, String expected) {
        Optional<String> text = text(variable);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            return parse.apply(text.get());
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw new SettingException(variable + "=" + text.get() + " is not valid: give " + expected);
        }
    }
}
