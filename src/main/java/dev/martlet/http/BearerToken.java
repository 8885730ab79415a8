package dev.martlet.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;

/// The token that `/data` demands: [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750).
public final class BearerToken {

    private static final String SCHEME = "bearer ";

    private final List<byte[]> digests;

    /// @param tokens one a line; all of them are valid, so that one can replace another while clients still use it
    public BearerToken(String tokens) {
        this.digests = tokens.lines().map(BearerToken::digest).toList();
    }

    /// @throws Problem 401 unless the request carries a valid token, and nothing else
    void check(ServerRequest request) {
        String header = "";
        if (request.headers().contains(HeaderNames.AUTHORIZATION)) {
            var given = request.headers().get(HeaderNames.AUTHORIZATION);
            if (given.valueCount() > 1) {
                throw unauthorized("`Authorization` is given more than once: send one bearer token.", "");
            }
            header = given.get();
        }
        if (!header.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw unauthorized("No bearer token is given: send `Authorization: Bearer <API_TOKEN>`.", "");
        }
        // All digests have the same length, and all are compared. So the time does not depend on what was sent.
        byte[] sent = digest(header.substring(SCHEME.length()).strip());
        boolean known = false;
        for (byte[] digest : digests) {
            known |= MessageDigest.isEqual(digest, sent);
        }
        if (!known) {
            throw unauthorized(
                    "The bearer token is none of those in `API_TOKEN`: send one of them.", ", error=\"invalid_token\"");
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
