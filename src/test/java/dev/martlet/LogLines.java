package dev.martlet;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/// Collects what a class of this process logs from now on.
///
/// ```java
/// try (var log = LogLines.of(Breaker.class)) {
///     assertEquals(List.of(), log.lines());
/// }
/// ```
public final class LogLines extends Handler implements AutoCloseable {

    private final Logger logger;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private LogLines(Logger logger) {
        this.logger = logger;
        setFormatter(new SimpleFormatter());
        logger.addHandler(this);
    }

    public static LogLines of(Class<?> type) {
        return of(type.getName());
    }

    /// @param name of a class that is not public
    public static LogLines of(String name) {
        return new LogLines(Logger.getLogger(name));
    }

    /// The lines so far, each with its level.
    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(line.getLevel() + " " + getFormatter().formatMessage(line));
    }

    @Override
    public void flush() {
        // They are kept in memory.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
