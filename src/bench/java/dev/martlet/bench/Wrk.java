package dev.martlet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Load by [wrk](https://github.com/wg/wrk): a client light enough to share the processors with what it measures.
final class Wrk {

    private static final Path SCRIPT = Path.of("src/bench/wrk/load.lua");
    private static final Pattern RESULT =
            Pattern.compile("result requests=(\\d+) micros=(\\d+) bytes=(\\d+) failed=(\\d+) p50=(\\d+) p99=(\\d+)");

    /// @param perSecond      answers
    /// @param bytesPerSecond of the answers, heads included
    /// @param p99Millis      the 99th percentile of their times
    record Result(double perSecond, double bytesPerSecond, double p99Millis) {}

    private final int connections;

    Wrk(int connections) {
        this.connections = connections;
    }

    static boolean available() throws InterruptedException {
        try {
            new ProcessBuilder("wrk", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// @param operation what `load.lua` calls it: `post`, `find` or `get`
    /// @param input     the content of its file: the body, the ids, or the path
    Result run(int port, Duration duration, String operation, String input) throws IOException, InterruptedException {
        Path file = Files.writeString(
                Files.createDirectories(Path.of("target", "bench")).resolve("wrk-" + operation), input);
        var command = new ArrayList<>(List.of(
                "wrk",
                "-t2",
                "-c" + connections,
                "-d" + duration.toSeconds() + "s",
                "--timeout",
                "30s",
                "-s",
                SCRIPT.toString(),
                "http://127.0.0.1:" + port,
                "--",
                operation,
                file.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        process.waitFor();
        var result = RESULT.matcher(output);
        if (!result.find()) {
            throw new IOException("wrk failed: " + output);
        }
        if (!result.group(4).equals("0")) {
            throw new IOException(result.group(4) + " requests failed: " + output);
        }
        double seconds = Long.parseLong(result.group(2)) / 1e6;
        return new Result(
                Long.parseLong(result.group(1)) / seconds,
                Long.parseLong(result.group(3)) / seconds,
                Long.parseLong(result.group(6)) / 1e3);
    }
}
