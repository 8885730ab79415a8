package dev.martlet.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A path and what each method does there. `HEAD` and `OPTIONS` come by themselves.
///
/// ```java
/// Route.at("/data/{id}").on("GET", this::read).on("DELETE", this::delete)
/// ```
///
/// @param pattern  a Helidon path pattern
/// @param guarded  whether the bearer token and the limit on concurrent requests apply
/// @param handlers by method
record Route(String pattern, boolean guarded, Map<String, Handler> handlers) {

    static Route open(String pattern) {
        return new Route(pattern, false, Map.of());
    }

    static Route guarded(String pattern) {
        return new Route(pattern, true, Map.of());
    }

    Route on(String method, Handler handler) {
        var more = new LinkedHashMap<>(handlers);
        more.put(method, handler);
        return new Route(pattern, guarded, more);
    }

    Optional<Handler> handler(String method) {
        return Optional.ofNullable(handlers.get(method.equals("HEAD") ? "GET" : method));
    }

    /// The `Allow` header: [RFC 9110, 10.2.1](https://www.rfc-editor.org/rfc/rfc9110#name-allow).
    String allow() {
        var methods = new java.util.ArrayList<>(handlers.keySet());
        if (methods.contains("GET")) {
            methods.add(methods.indexOf("GET") + 1, "HEAD");
        }
        methods.add("OPTIONS");
        return String.join(", ", methods);
    }
}
