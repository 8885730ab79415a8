package dev.martlet.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Content negotiation: [RFC 9110, 12.5.1](https://www.rfc-editor.org/rfc/rfc9110#name-accept). Helidon's own
/// negotiation treats `q=0` as a weight like any other.
public final class Accept {

    private static final Pattern WEIGHT = Pattern.compile("q=(0(?:\\.\\d{0,3})?|1(?:\\.0{0,3})?)");

    private Accept() {}

    /// The offered type that the request prefers. Among equals, the first.
    ///
    /// @throws Problem 406 if it accepts none of them
    public static String best(ServerRequest request, String... offered) {
        if (!request.headers().contains(HeaderNames.ACCEPT)) {
            return offered[0];
        }
        return best(values(request, HeaderNames.ACCEPT), offered);
    }

    static String best(String header, String... offered) {
        List<Range> ranges = ranges(header);
        String best = "";
        double most = 0;
        for (String type : offered) {
            String group = type.substring(0, type.indexOf('/')) + "/*";
            double weight = weight(ranges, type, group, "*/*");
            if (weight > most) {
                best = type;
                most = weight;
            }
        }
        if (best.isEmpty()) {
            throw Problem.of(
                    Status.NOT_ACCEPTABLE_406,
                    "None of the media types in `Accept` is offered: ask for " + Problem.oneOf(List.of(offered)) + ".");
        }
        return best;
    }

    /// Whether a request accepts gzip, or any encoding, with a weight above zero.
    static boolean gzip(ServerRequest request) {
        return request.headers().contains(HeaderNames.ACCEPT_ENCODING)
                && weight(ranges(values(request, HeaderNames.ACCEPT_ENCODING)), "gzip", "x-gzip", "*") > 0;
    }

    private static String values(ServerRequest request, HeaderName name) {
        return String.join(",", request.headers().get(name).allValues());
    }

    /// The weight of the first name that has a range; 0 if none has. The names go from the most to the least
    /// precise.
    private static double weight(List<Range> ranges, String... names) {
        for (String name : names) {
            for (Range range : ranges) {
                if (range.name().equals(name)) {
                    return range.weight();
                }
            }
        }
        return 0;
    }

    private static List<Range> ranges(String header) {
        return Stream.of(header.toLowerCase(Locale.ROOT).split(",", -1))
                .map(Range::parse)
                .toList();
    }

    private record Range(String name, double weight) {

        static Range parse(String text) {
            String[] parts = text.split(";", -1);
            double weight = 1;
            for (int i = 1; i < parts.length; i++) {
                var matcher = WEIGHT.matcher(parts[i].strip());
                weight = matcher.matches() ? Double.parseDouble(matcher.group(1)) : weight;
            }
            return new Range(parts[0].strip(), weight);
        }
    }
}
