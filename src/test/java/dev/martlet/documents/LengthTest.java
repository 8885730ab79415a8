package dev.martlet.documents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Documents are short enough to be read.
class LengthTest {

    static List<Page> pages() {
        return Page.all();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void lines_haveAtMost140Characters(Page page) {
        assertEquals(
                List.of(),
                page.lines().stream()
                        .filter(line -> line.codePointCount(0, line.length()) > 140)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pages_haveAtMost250Lines(Page page) {
        assertTrue(page.lines().size() <= 250, page + " has " + page.lines().size());
    }

    @Test
    void readme_isOneScreen() {
        int lines = Page.read(Path.of("README.md")).lines().size();

        assertTrue(lines <= 120, "README.md has " + lines + " lines");
    }
}
