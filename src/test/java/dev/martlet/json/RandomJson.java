package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.function.Supplier;

/// Random JSON texts. Most can be stored, some cannot.
///
/// jqwik's own combinators would shrink a failure, but take a hundred times as long for one text. These texts are
/// short anyway.
final class RandomJson {
    private static final String[] CHARACTERS = {
        "a",
        "b",
        "_id",
        "$",
        ".",
        " ",
        "/",
        "é",
        "€",
        "😀",
        "\u007f",
        "\u2028",
        "\ufffd",
        "\uffff",
        "letters",
        "0123456789abcdef",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\r",
        "\\t",
        "\\u0041",
        "\\u00e9",
        "\\u20AC",
        "\\ud83d\\uDE00",
        "\\u001f"
    };
    private static final String[] UNSTORABLE_CHARACTERS = {"\\u0000", "\\ud800", "\\udfff", "\\u0024"};
    private static final String[] SPACES = {"", "", "", "", " ", "\n", "\t\r\n "};
    private static final String[] FRAGMENTS = {
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"a\"",
        "\"a\":",
        "{\"a\":",
        "\"b\":1",
        "1",
        "0",
        "-",
        ".",
        "e",
        "E5",
        "+",
        "true",
        "null",
        "fals",
        "\\",
        "\\u",
        "\\ud800",
        "00e9",
        "\n",
        " ",
        "é",
        "😀",
        "\u0000",
        "\ufeff",
        "\"_id\":",
        "$",
        "]}",
        "}}"
    };
    private static final String TYPED = "{}[]:,\"\\u0e-.\n";

    private final Random random;

    RandomJson(Random random) {
        this.random = random;
    }

    String document() {
        return object(3);
    }

    /// Text that looks a little like JSON.
    byte[] soup() {
        ByteArrayOutputStream soup = new ByteArrayOutputStream();
        boolean inside = random.nextBoolean();
        soup.writeBytes((inside ? "{\"a\":" : "").getBytes(UTF_8));
        for (int i = random.nextInt(25); i > 0; i--) {
            if (random.nextInt(12) == 0) {
                soup.write(random.nextInt(256));
            } else {
                soup.writeBytes(oneOf(FRAGMENTS).getBytes(UTF_8));
            }
        }
        soup.writeBytes((inside ? "}" : "").getBytes(UTF_8));
        return soup.toByteArray();
    }

    /// A document with one to three bytes changed, added or removed, or cut off.
    byte[] almostDocument() {
        byte[] bytes = document().getBytes(UTF_8);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(bytes.length + 1);
            int skipped = random.nextInt(2);
            ByteArrayOutputStream changed = new ByteArrayOutputStream();
            changed.write(bytes, 0, at);
            switch (random.nextInt(8)) {
                case 0 -> skipped = bytes.length;
                case 1 -> {}
                case 2, 3, 4 -> changed.write(random.nextInt(256));
                default -> changed.write(TYPED.charAt(random.nextInt(TYPED.length())));
            }
            int rest = Math.min(bytes.length, at + skipped);
            changed.write(bytes, rest, bytes.length - rest);
            bytes = changed.toByteArray();
        }
        return bytes;
    }

    private String oneOf(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String value(int depth) {
        return switch (random.nextInt(depth == 0 ? 6 : 10)) {
            case 0, 1 -> number();
            case 2, 3, 4 -> string(0, 6);
            case 5 -> oneOf("true", "false", "null");
            case 6, 7 -> many("[", "]", () -> value(depth - 1));
            default -> object(depth - 1);
        };
    }

    private String object(int depth) {
        return many(
                "{",
                "}",
                () -> string(random.nextInt(20) == 0 ? 0 : 1, 4) + oneOf(SPACES) + ":" + oneOf(SPACES) + value(depth));
    }

    private String many(String opening, String closing, Supplier<String> part) {
        StringBuilder all = new StringBuilder(opening);
        for (int i = random.nextInt(random.nextInt(20) == 0 ? 40 : 6); i > 0; i--) {
            all.append(oneOf(SPACES)).append(part.get()).append(oneOf(SPACES)).append(i == 1 ? "" : ",");
        }
        return all.append(oneOf(SPACES)).append(closing).toString();
    }

    private String string(int least, int most) {
        StringBuilder string = new StringBuilder("\"");
        for (int i = random.nextInt(least, most + 1); i > 0; i--) {
            string.append(random.nextInt(400) == 0 ? oneOf(UNSTORABLE_CHARACTERS) : oneOf(CHARACTERS));
            if (random.nextInt(3) == 0) {
                string.append(random.nextInt(1000));
            }
        }
        return string.append('"').toString();
    }

    private String number() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> Integer.toString(random.nextInt() >> random.nextInt(32));
            case 2 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case 3 -> Double.toString(random.nextGaussian());
            case 4 -> finite(Double.longBitsToDouble(random.nextLong()));
            case 5 -> Double.toString(random.nextInt() / 1000.0);
            default -> oneOf("", "-") + digits(true) + (random.nextBoolean() ? "." + digits(false) : "") + exponent();
        };
    }

    private static String finite(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "0";
    }

    /// Up to 20 digits, rarely more than fit.
    private String digits(boolean whole) {
        StringBuilder digits = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(8) == 0 ? 40 : 18); i >= 0; i--) {
            digits.append(random.nextInt(3) == 0 ? 0 : random.nextInt(10));
        }
        return whole ? digits.toString().replaceFirst("^0+(?=.)", "") : digits.toString();
    }

    private String exponent() {
        return switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5 -> oneOf("e", "E", "e+", "E-", "e-") + random.nextInt(40);
            case 6, 7 -> oneOf("e", "e-") + (280 + random.nextInt(70));
            case 8, 9 -> oneOf("e", "e-") + (6080 + random.nextInt(100));
            case 10 -> random.nextInt(5) == 0 ? oneOf("e", "e-") + random.nextInt(2_000_000_000) : "";
            default -> "";
        };
    }
}
