package dev.martlet;

import java.util.Locale;

/// How much of a fault: a little in `mvn verify`, a lot in `mvn -Psoak verify`.
public final class Soak {

    private static final boolean LONG = Boolean.getBoolean("martlet.soak");

    private Soak() {}

    public static int size(int usual, int soak) {
        return LONG ? soak : usual;
    }

    /// A line of figures for readers of the build's output.
    public static void report(String format, Object... figures) {
        System.out.printf(Locale.ROOT, "[figures] " + format + "%n", figures);
    }
}
