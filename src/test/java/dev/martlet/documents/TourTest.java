package dev.martlet.documents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.martlet.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each command and answer in the documents is what a running service says, or has a reason why no test runs it.
///
/// A comment before a block tells what to do with it; without one it runs on a service with no settings.
///
/// ```
/// <!-- run with: API_TOKEN=secret -->
/// <!-- not run: it needs a cluster -->
/// ```
class TourTest {

    private static final String NOT_RUN = "not run: ";
    private static final String RUN_WITH = "run with: ";
    /// Headers that the documents may omit from an answer.
    private static final Set<String> USUAL =
            Set.of("Date", "Connection", "Content-Length", "Transfer-Encoding", "X-Request-Id");

    private record Example(String command, List<String> answer) {}

    @TempDir
    Path folder;

    static List<Page> pages() {
        return Page.all().stream()
                .filter(page -> page.blocks().stream()
                        .anyMatch(block -> block.language().equals("console")))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void answers_areThoseOfARunningService(Page page) throws Exception {
        assumeTrue(has("curl"), "curl is missing");
        var shown = new StringBuilder();
        var seen = new StringBuilder();
        Map<String, Service> services = new HashMap<>();
        try {
            for (Page.Block block : page.blocks()) {
                if (block.language().equals("console") && !block.note().startsWith(NOT_RUN)) {
                    Service service = services.get(block.note());
                    if (service == null) {
                        service = service(block.note());
                        services.put(block.note(), service);
                    }
                    for (Example example : examples(block)) {
                        var answer = run(example.command(), service.port());
                        shown.append(text(example.command(), example.answer(), example.answer()));
                        seen.append(text(example.command(), answer, example.answer()));
                    }
                }
            }
        } finally {
            services.values().forEach(Service::close);
        }
        assertEquals(shown.toString(), seen.toString());
    }

    static List<Page> allPages() {
        return Page.all();
    }

    @ParameterizedTest
    @MethodSource("allPages")
    void commands_runOrSayWhyNot(Page page) {
        var silent = page.blocks().stream()
                .filter(block -> Set.of("sh", "bash", "shell").contains(block.language()))
                .filter(block -> !block.note().startsWith(NOT_RUN))
                .map(block -> page + ":" + block.number())
                .toList();

        assertEquals(List.of(), silent);
    }

    /// On the embedded database, like a reader who has just typed `mvn`.
    private Service service(String note) throws IOException {
        var settings = new ArrayList<>(List.of(
                "MONGODB_URI",
                "",
                "DATA_DIR",
                Files.createTempDirectory(folder, "data").toString()));
        if (note.startsWith(RUN_WITH)) {
            settings.addAll(List.of(note.substring(RUN_WITH.length()).split("[ =]", -1)));
        }
        return Service.with(settings.toArray(String[]::new)).start();
    }

    private static List<Example> examples(Page.Block block) {
        var examples = new ArrayList<Example>();
        List<String> lines = block.lines();
        for (int i = 0; i < lines.size(); ) {
            var command = new StringBuilder(lines.get(i++).replaceFirst("^\\$ ", ""));
            while (command.toString().matches("(?s).*[\\\\|&]")) {
                command.append('\n').append(lines.get(i++));
            }
            int end = i;
            while (end < lines.size() && !lines.get(end).startsWith("$ ")) {
                end++;
            }
            var answer = new ArrayList<>(lines.subList(i, end));
            while (!answer.isEmpty() && answer.getLast().isEmpty()) {
                answer.removeLast();
            }
            examples.add(new Example(command.toString(), answer));
            i = end;
        }
        return examples;
    }

    private List<String> run(String command, int port) throws Exception {
        Path errors = Files.createTempFile("martlet-", ".log");
        Process process = new ProcessBuilder("bash", "-c", command.replace("localhost:8080", "localhost:" + port))
                .directory(folder.toFile())
                .redirectError(errors.toFile())
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(true, process.waitFor(1, TimeUnit.MINUTES), command);
        assertEquals(0, process.exitValue(), () -> command + "\n" + output);
        Files.delete(errors);
        return output.isEmpty() ? List.of() : output.replace("\r", "").lines().toList();
    }

    /// An answer that can be compared: wrapped lines are joined, headers are in order, and what differs each time has a
    /// name.
    private static String text(String command, List<String> answer, List<String> shown) {
        var text = new StringBuilder("$ " + command + "\n");
        int head = 0;
        if (!answer.isEmpty() && answer.getFirst().startsWith("HTTP/")) {
            head = answer.contains("") ? answer.indexOf("") : answer.size();
            text.append(answer.getFirst()).append('\n');
            answer.subList(1, head).stream()
                    .filter(line -> !USUAL.contains(name(line))
                            || shown.stream().anyMatch(other -> name(other).equals(name(line))))
                    .sorted()
                    .forEach(line -> text.append(line).append('\n'));
        }
        answer.subList(head, answer.size()).forEach(line -> text.append(line.strip()));
        return named(text.append('\n').toString());
    }

    private static String name(String header) {
        return header.replaceFirst(":.*", "");
    }

    private static String named(String text) {
        return text.replaceAll("X-Request-Id: .*", "X-Request-Id: …")
                .replaceAll("id: ?[0-9a-f]{16}", "id: 6b01ec390876bf80")
                .replaceAll("\\b[0-9a-f]{24}\\b", "65f0c0ffee65f0c0ffee65f0")
                .replaceAll(
                        "\\b\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)",
                        "2026-11-21T00:00:00Z");
    }

    private static boolean has(String command) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }
}
