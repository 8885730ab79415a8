package dev.martlet.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderValues;
import java.lang.reflect.Proxy;

/// A `Content-Length` that Helidon sees, but no client.
///
/// Helidon adds `Content-Length: 0` unless it finds one. But a 204 must have none, and a 304 or the answer to
/// `HEAD` must have that of the whole body or none: [RFC 9110,
/// 8.6](https://www.rfc-editor.org/rfc/rfc9110#name-content-length).
final class SilentLength {

    /// It is like `Content-Length: 0`, but writes nothing. It is a proxy, because the interface has twenty methods.
    static final Header HEADER = (Header) Proxy.newProxyInstance(
            SilentLength.class.getClassLoader(),
            new Class<?>[] {Header.class},
            (proxy, method, arguments) -> method.getName().equals("writeHttp1Header")
                    ? null
                    : method.invoke(HeaderValues.CONTENT_LENGTH_ZERO, arguments));

    private SilentLength() {}
}
