package dev.martlet.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.security.MessageDigest;
import java.util.Locale;

/// The token that `/data` demands: [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750).
public final class BearerToken {

    private static final String SCHEME = "bearer ";

    private final byte[] digest;

    public BearerToken(String token) {
        this.digest = digest(token);
    }

    /// @throws Problem 401 unless the request carries the token
    void check(ServerRequest request) {
        String header = request.headers().contains(HeaderNames.AUTHORIZATION)
                ? request.headers().get(HeaderNames.AUTHORIZATION).get()
                : "";
        if (!header.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw unauthorized("No bearer token is given: send `Authorization: Bearer <API_TOKEN>`.", "");
        }
        // Digests are of one length, so the comparison takes the same time whatever was sent.
        if (!MessageDigest.isEqual(
                digest, digest(header.substring(SCHEME.length()).strip()))) {
            throw unauthorized(
                    "The bearer token is not the one that the service was started with: check API_TOKEN.",
                    ", error=\"invalid_token\"");
        }
    }

    private static byte[] digest(String token) {
        return Sha256.of(token.getBytes(UTF_8));
    }

    private static Problem unauthorized(String detail, String error) {
        return Problem.of(Status.UNAUTHORIZED_401, detail)
                .header(HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"martlet\"" + error);
    }
}
