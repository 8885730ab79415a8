package dev.martlet.documents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A Markdown file of this repository, as a forge shows it.
record Page(Path path, List<String> lines) {

    private static final Pattern LINK = Pattern.compile("!?\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");
    private static final Pattern HEADING = Pattern.compile("#{1,6} (.*)");
    private static final Pattern NOTE = Pattern.compile("<!-- (.*) -->");

    /// What stands between two lines of backticks.
    ///
    /// @param number of its first line, from 1
    /// @param note   an HTML comment right before it, which a forge does not show; or an empty text
    record Block(String language, int number, List<String> lines, String note) {}

    static List<Page> all() {
        var pages = new ArrayList<>(List.of(read(Path.of("README.md"))));
        for (String folder : List.of(".github", "gitops", "src/site/markdown")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(file -> file.toString().endsWith(".md"))
                        .sorted()
                        .map(Page::read)
                        .forEach(pages::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pages;
    }

    static Page read(Path path) {
        try {
            return new Page(path, Files.readAllLines(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Block> blocks() {
        var blocks = new ArrayList<Block>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.startsWith("```")) {
                int begin = i + 1;
                int end = begin;
                while (!lines.get(end).strip().equals("```")) {
                    end++;
                }
                blocks.add(new Block(line.substring(3), begin + 1, lines.subList(begin, end), note(i - 1)));
                i = end;
            }
        }
        return blocks;
    }

    private String note(int line) {
        var note = NOTE.matcher(line < 0 ? "" : lines.get(line).strip());
        return note.matches() ? note.group(1) : "";
    }

    /// Its lines, without those of blocks.
    List<String> prose() {
        var prose = new ArrayList<String>();
        boolean inBlock = false;
        for (String line : lines) {
            boolean fence = line.strip().startsWith("```");
            inBlock ^= fence;
            if (!inBlock && !fence) {
                prose.add(line);
            }
        }
        return prose;
    }

    /// What it links to.
    List<String> links() {
        return prose().stream()
                .flatMap(line ->
                        LINK.matcher(CODE.matcher(line).replaceAll("code")).results())
                .map(link -> link.group(1))
                .toList();
    }

    /// What a link to it can name after `#`.
    Set<String> anchors() {
        var anchors = new LinkedHashSet<String>();
        Map<String, Integer> seen = new HashMap<>();
        for (String line : prose()) {
            var heading = HEADING.matcher(line);
            if (heading.matches()) {
                String anchor = anchor(heading.group(1));
                int before = seen.merge(anchor, 1, Integer::sum) - 1;
                anchors.add(before == 0 ? anchor : anchor + "-" + before);
            }
        }
        return anchors;
    }

    /// Letters, digits and hyphens, as GitHub does it.
    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
