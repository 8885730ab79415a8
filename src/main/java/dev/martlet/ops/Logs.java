package dev.martlet.ops;

import io.helidon.logging.common.spi.LoggingProvider;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// One line per event on standard output, for a reader or for a machine.
public final class Logs {

    /// Times in milliseconds, always UTC, so that the lines of several pods sort.
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /// The level of each logger. Chatter is suppressed if our own lines say the same.
    private static final Map<String, Level> HELD = Map.of(
            "dev.martlet", Level.INFO,
            // A client that goes away in the middle of an answer: WARNING, with a stack trace.
            "io.helidon.webserver", Level.SEVERE,
            // A port that is taken, with a stack trace. App says it in one line.
            "io.helidon.webserver.LoomServer", Level.OFF,
            // The driver's report of an unreachable database, each half second. Ours is one line.
            "org.mongodb.driver", Level.SEVERE);

    /// The JDK holds loggers weakly. If it drops one, it forgets its level.
    private static final List<Logger> KEPT = new ArrayList<>();

    private Logs() {}

    /// The JDK's own log manager empties itself when the JVM begins to end. This one logs the shutdown to its last
    /// line.
    public static final class Manager extends LogManager {
        @Override
        public void reset() {
            // Lines may still come: see above.
        }
    }

    /// Tells Helidon that logging is configured. Otherwise Helidon would complain on standard error.
    public static final class HelidonLogging implements LoggingProvider {
        @Override
        public void initialization() {
            // [#configure] has done it.
        }

        @Override
        public void runTime() {
            // Only for native images.
        }
    }

    /// Call it before anything logs.
    public static void useManager() {
        System.setProperty("java.util.logging.manager", Manager.class.getName());
    }

    /// Sends the lines of every logger to standard output.
    ///
    /// @param json whether a line is a JSON object; otherwise it is text
    /// @param ids  the ids of the current thread's request, by name
    public static void configure(boolean json, Supplier<Map<String, String>> ids) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        Formatter formatter = json ? new Json(ids) : new Text(ids);
        root.addHandler(new StandardOutput(System.out, formatter));
        root.setLevel(Level.WARNING);
        HELD.forEach((name, level) -> {
            Logger logger = Logger.getLogger(name);
            logger.setLevel(level);
            KEPT.add(logger);
        });
    }

    private static final class StandardOutput extends Handler {
        private final PrintStream out;

        StandardOutput(PrintStream out, Formatter formatter) {
            this.out = out;
            setFormatter(formatter);
        }

        @Override
        public void publish(LogRecord line) {
            if (isLoggable(line)) {
                out.print(getFormatter().format(line));
            }
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {
            flush();
        }
    }

    /// The members of a line that has names instead of words: its only parameter, a map.
    private static Map<?, ?> members(LogRecord line) {
        Object[] parameters = line.getParameters();
        return parameters != null && parameters.length == 1 && parameters[0] instanceof Map<?, ?> members
                ? members
                : Map.of();
    }

    private static final class Text extends Formatter {
        private final Supplier<Map<String, String>> ids;

        Text(Supplier<Map<String, String>> ids) {
            this.ids = ids;
        }

        @Override
        public String format(LogRecord line) {
            Map<?, ?> members = members(line);
            String said = members.isEmpty() ? formatMessage(line).replace('\n', ' ') : named(members);
            var of = new LinkedHashMap<>(ids.get());
            String id = of.remove("requestId");
            return TIME.format(line.getInstant()) + " " + String.format("%-5s", level(line)) + " " + shortName(line)
                    + " - " + said + (id == null ? "" : " [" + (id + " " + named(of)).strip() + "]")
                    + System.lineSeparator()
                    + stackTrace(line);
        }

        private static String named(Map<?, ?> members) {
            return members.entrySet().stream()
                    .map(member -> member.getKey() + "=" + member.getValue())
                    .collect(Collectors.joining(" "));
        }
    }

    private static final class Json extends Formatter {
        private static final JsonFactory FACTORY = new JsonFactory();
        private final Supplier<Map<String, String>> ids;

        Json(Supplier<Map<String, String>> ids) {
            this.ids = ids;
        }

        @Override
        public String format(LogRecord line) {
            var bytes = new java.io.ByteArrayOutputStream(256);
            try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes, JsonEncoding.UTF8)) {
                json.writeStartObject();
                json.writeStringProperty("time", TIME.format(line.getInstant()));
                json.writeStringProperty("level", level(line));
                json.writeStringProperty("logger", String.valueOf(line.getLoggerName()));
                Map<?, ?> members = members(line);
                if (members.isEmpty()) {
                    json.writeStringProperty("message", formatMessage(line));
                }
                members.forEach((name, value) -> write(json, String.valueOf(name), value));
                ids.get().forEach(json::writeStringProperty);
                if (line.getThrown() != null) {
                    json.writeStringProperty("stackTrace", stackTrace(line));
                }
                json.writeEndObject();
            }
            return bytes.toString(java.nio.charset.StandardCharsets.UTF_8) + "\n";
        }

        private static void write(JsonGenerator json, String name, Object value) {
            switch (value) {
                case Integer number -> json.writeNumberProperty(name, number);
                case Long number -> json.writeNumberProperty(name, number);
                case Double number -> json.writeNumberProperty(name, number);
                case Boolean bool -> json.writeBooleanProperty(name, bool);
                default -> json.writeStringProperty(name, value.toString());
            }
        }
    }

    private static String level(LogRecord line) {
        int level = line.getLevel().intValue();
        return level >= Level.SEVERE.intValue()
                ? "ERROR"
                : level >= Level.WARNING.intValue() ? "WARN" : level >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }

    private static String shortName(LogRecord line) {
        String name = String.valueOf(line.getLoggerName());
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static String stackTrace(LogRecord line) {
        if (line.getThrown() == null) {
            return "";
        }
        var text = new StringWriter();
        line.getThrown().printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
