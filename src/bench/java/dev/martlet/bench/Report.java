package dev.martlet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// The measurements, as a table for people and as JSON for programs.
final class Report {

    /// @param target the least or the most that is good enough
    private record Result(String what, Spread value, String target, boolean reached) {}

    /// The median of several measurements, and the range that they cover.
    record Spread(double median, double least, double most) {

        static Spread of(List<Double> values) {
            List<Double> sorted = values.stream().sorted().toList();
            return new Spread(sorted.get(sorted.size() / 2), sorted.getFirst(), sorted.getLast());
        }
    }

    private final Map<String, List<Double>> measured = new LinkedHashMap<>();
    private final List<Result> results = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /// One measurement. Measurements with the same name belong together. The first of one name is compared with the
    /// first of another.
    void add(String name, double value) {
        measured.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
        System.out.printf(Locale.ROOT, "  %-52s %,12.2f%n", name, value);
    }

    void note(String note) {
        notes.add(note);
        System.out.println("  " + note);
    }

    /// Divides one measurement by another, round by round. Does nothing if either is missing.
    void ratioAtLeast(String what, String name, String of, double target) {
        if (measured.containsKey(name) && measured.containsKey(of)) {
            List<Double> above = values(name);
            List<Double> below = values(of);
            List<Double> ratios = IntStream.range(0, Math.max(above.size(), below.size()))
                    .mapToObj(i -> above.get(Math.min(i, above.size() - 1)) / below.get(Math.min(i, below.size() - 1)))
                    .toList();
            Spread ratio = Spread.of(ratios);
            results.add(new Result(what, ratio, "≥ " + target, ratio.median() >= target));
        }
    }

    void atMost(String what, String name, double target) {
        if (measured.containsKey(name)) {
            Spread value = Spread.of(values(name));
            results.add(new Result(what, value, "≤ " + target, value.median() <= target));
        }
    }

    private List<Double> values(String name) {
        return measured.getOrDefault(name, List.of());
    }

    void print() {
        System.out.printf("%n| measured | median | least | most |%n|---|---:|---:|---:|%n");
        measured.forEach((name, values) -> {
            Spread spread = Spread.of(values);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %,.2f | %,.2f | %,.2f |%n",
                    name,
                    spread.median(),
                    spread.least(),
                    spread.most());
        });
        System.out.printf("%n| result | median | least | most | target | |%n|---|---:|---:|---:|---|---|%n");
        for (Result result : results) {
            Spread value = result.value();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f | %.2f | %s | %s |%n",
                    result.what(),
                    value.median(),
                    value.least(),
                    value.most(),
                    result.target(),
                    result.reached() ? "reached" : "**missed**");
        }
        notes.forEach(note -> System.out.println("\n" + note));
    }

    void write(Path file) throws IOException {
        try (var out = Files.newOutputStream(file);
                var json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("measured");
            measured.forEach((name, values) -> {
                json.writeArrayPropertyStart(name);
                values.forEach(json::writeNumber);
                json.writeEndArray();
            });
            json.writeEndObject();
            json.writeArrayPropertyStart("results");
            results.forEach(result -> write(json, result));
            json.writeEndArray();
            json.writeArrayPropertyStart("notes");
            notes.forEach(json::writeString);
            json.writeEndArray();
            json.writeEndObject();
        }
        System.out.println("\nThe same as JSON: " + file);
    }

    private static void write(JsonGenerator json, Result result) {
        json.writeStartObject();
        json.writeStringProperty("what", result.what());
        json.writeNumberProperty("median", result.value().median());
        json.writeNumberProperty("least", result.value().least());
        json.writeNumberProperty("most", result.value().most());
        json.writeStringProperty("target", result.target());
        json.writeBooleanProperty("reached", result.reached());
        json.writeEndObject();
    }
}
