package dev.martlet.documents;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Everything that the documents refer to exists.
class LinksTest {

    /// A file of this repository, in a document or a script.
    private static final Pattern FILE = Pattern.compile("(?<![\\w/.-])(?:gitops|src|\\.github|\\.ci)/[\\w./-]*[\\w/]");
    /// A document and one of its anchors, in a message or a comment.
    private static final Pattern ANCHOR = Pattern.compile("((?:gitops|src|\\.github)/[\\w./-]*\\.md)#([\\w-]+)");
    /// A document and one of its headings, in a message or a comment.
    private static final Pattern HEADING =
            Pattern.compile("((?:gitops|src|\\.github)/[\\w./-]*\\.md),? \\\\?[\"']([^\"'\\\\]+)\\\\?[\"']");

    static List<Page> pages() {
        return Page.all();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void links_resolve(Page page) {
        var broken = page.links().stream()
                .filter(link -> !link.matches("[a-z]+:.*"))
                .filter(link -> !resolves(page, link))
                .toList();

        assertEquals(List.of(), broken);
    }

    private static boolean resolves(Page page, String link) {
        // Relative to the page on a forge, so that a badge is that of the fork.
        if (link.startsWith("../../actions/workflows/")) {
            return Files.exists(Path.of(".github/workflows", link.split("/", -1)[4]));
        }
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = file.isEmpty()
                ? page.path()
                : Optional.ofNullable(page.path().getParent())
                        .map(folder -> folder.resolve(file))
                        .orElse(Path.of(file))
                        .normalize();
        return Files.exists(target) && (hash < 0 || Page.read(target).anchors().contains(link.substring(hash + 1)));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void files_thatAreNamedExist(Page page) {
        var missing = page.lines().stream()
                .flatMap(line -> FILE.matcher(line).results())
                .map(file -> file.group())
                .filter(file -> !file.startsWith("gitops/.keys") && !Files.exists(Path.of(file)))
                .toList();

        assertEquals(List.of(), missing);
    }

    @Test
    void headings_thatCodeNamesExist() throws IOException {
        var missing = new ArrayList<String>();
        for (String folder : List.of("gitops", ".github", ".ci", "src/main")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    // Byte by byte: some of them may be pictures.
                    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                    var anchor = ANCHOR.matcher(text);
                    var named = HEADING.matcher(text);
                    while (anchor.find()) {
                        if (!Page.read(Path.of(anchor.group(1))).anchors().contains(anchor.group(2))) {
                            missing.add(file + ": " + anchor.group());
                        }
                    }
                    while (named.find()) {
                        if (!Page.read(Path.of(named.group(1))).lines().stream()
                                .anyMatch(line -> line.matches("#+ " + Pattern.quote(named.group(2))))) {
                            missing.add(file + ": " + named.group());
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
    }
}
