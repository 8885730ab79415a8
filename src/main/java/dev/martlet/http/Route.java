package dev.martlet.http;

import io.helidon.common.uri.UriPath;
import io.helidon.http.Method;
import io.helidon.http.PathMatcher;
import io.helidon.http.PathMatchers;
import io.helidon.webserver.http.ServerRequest;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// A path, and what each method does there. `HEAD` and `OPTIONS` need no handler.
///
/// ```java
/// Route.open("/data/{id}").on("GET", this::read).on("DELETE", this::delete)
/// ```
///
/// @param pattern   a path, whose last part may be `{id}`
/// @param guarded   whether the bearer token is needed
/// @param elsewhere methods that something else answers
/// @param handlers  by method
public record Route(String pattern, boolean guarded, List<String> elsewhere, Map<String, Handler> handlers) {

    /// Answers one method of one route. An exception becomes a problem.
    @FunctionalInterface
    public interface Handler {
        Reply handle(ServerRequest request) throws Exception;
    }

    public static Route open(String pattern) {
        return new Route(pattern, false, List.of(), Map.of());
    }

    public static Route guarded(String pattern) {
        return new Route(pattern, true, List.of(), Map.of());
    }

    public Route on(String method, Handler handler) {
        var more = new LinkedHashMap<>(handlers);
        more.put(method, handler);
        return new Route(pattern, guarded, elsewhere, more);
    }

    /// Another handler, for bodies of one media type that are streams. A stream may take any time while bytes keep
    /// coming. Any other body has to arrive within the time-out.
    public Route onStream(String method, String mediaType, Handler handler) {
        Handler other = Objects.requireNonNull(handlers.get(method), method);
        return on(method, request -> {
            if (!Body.mediaType(request).equals(mediaType)) {
                return other.handle(request);
            }
            Connection.bodyIsStream();
            return handler.handle(request);
        });
    }

    /// This route, without methods that something else answers at its path.
    public Route except(String... methods) {
        return new Route(pattern, guarded, List.of(methods), handlers);
    }

    boolean answers(Method method) {
        return !elsewhere.contains(method.text());
    }

    Optional<Handler> handler(String method) {
        return Optional.ofNullable(handlers.get(method))
                .or(() -> Optional.ofNullable(method.equals("HEAD") ? handlers.get("GET") : null));
    }

    /// Matches the path as it was sent. A slash in an id was sent as `%2F`, and dots do not lead upwards. Helidon's
    /// own patterns look at the decoded and normalised path.
    PathMatcher matcher() {
        return new PathMatcher() {
            @Override
            public PathMatchers.MatchResult match(UriPath path) {
                return matches(path.rawPath())
                        ? PathMatchers.any().match(path)
                        : PathMatchers.MatchResult.notAccepted();
            }

            @Override
            public PathMatchers.PrefixMatchResult prefixMatch(UriPath path) {
                return PathMatchers.PrefixMatchResult.notAccepted();
            }

            @Override
            public Optional<String> matchingElement() {
                return Optional.of(pattern);
            }
        };
    }

    private boolean matches(String path) {
        int parameter = pattern.indexOf('{');
        return parameter < 0
                ? path.equals(pattern)
                : path.length() > parameter
                        && path.startsWith(pattern.substring(0, parameter))
                        && path.indexOf('/', parameter) < 0;
    }

    /// The pattern that a request was found to match: a route's, or that of one of Helidon's features, which end it
    /// with a slash.
    static Optional<String> matched(ServerRequest request) {
        return request.matchingPattern()
                // Where there is nothing.
                .filter(pattern -> !pattern.isEmpty())
                .map(pattern -> pattern.length() > 1 && pattern.endsWith("/")
                        ? pattern.substring(0, pattern.length() - 1)
                        : pattern);
    }

    /// The last part of the path, decoded.
    ///
    /// @throws Problem 400 if it is not the percent-encoded form of a text in UTF-8
    public static String parameter(ServerRequest request) {
        String path = request.prologue().uriPath().rawPath();
        String encoded = path.substring(path.lastIndexOf('/') + 1);
        try {
            return PercentEncoding.decode(encoded);
        } catch (CharacterCodingException e) {
            throw Problem.badRequest("`" + Problem.quoted(encoded)
                    + "` is not percent-encoded UTF-8: encode each byte of the id that is not a letter or a digit.");
        }
    }

    /// Checks the parameters of a query.
    ///
    /// @param names those that are allowed
    /// @param cure  for any other
    /// @throws Problem 400 for any other, and for one that is empty or given twice
    public static void requireParameters(ServerRequest request, Set<String> names, String cure) {
        for (String name : request.query().names()) {
            List<String> values = request.query().all(name);
            if (!names.contains(name)) {
                throw wrong(name, " is not a parameter here: " + cure);
            }
            if (values.size() > 1) {
                throw wrong(name, " is given more than once: give it once");
            }
            if (values.isEmpty() || values.getFirst().isEmpty()) {
                throw wrong(name, " is empty: give it a value, or omit it");
            }
        }
    }

    private static Problem wrong(String name, String what) {
        return Problem.badRequest("`" + Problem.quoted(name) + "`" + what + ".");
    }

    /// The `Allow` header: [RFC 9110, 10.2.1](https://www.rfc-editor.org/rfc/rfc9110#name-allow).
    public String allow() {
        return String.join(", ", methods());
    }

    Set<String> methods() {
        var methods = new LinkedHashSet<>(elsewhere);
        handlers.keySet().forEach(method -> {
            methods.add(method);
            if (method.equals("GET")) {
                methods.add("HEAD");
            }
        });
        methods.add("OPTIONS");
        return methods;
    }
}
