package dev.martlet.api;

import java.util.Arrays;

import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;

/// Content negotiation: [RFC 9110, 12](https://www.rfc-editor.org/rfc/rfc9110#name-content-negotiation).
final class Accept {

    private Accept() {}

    /// The offered type that the request likes best; of equals, the first.
    ///
    /// @throws Problem 406 when it likes none
    static String best(ServerRequest request, String... offered) {
        MediaType[] types = Arrays.stream(offered).map(MediaTypes::create).toArray(MediaType[]::new);
        return request.headers().bestAccepted(types)
                .map(MediaType::text)
                .orElseThrow(() -> Problem.of(Status.NOT_ACCEPTABLE_406,
                        "Nothing that the Accept header asks for is offered: ask for " + String.join(" or ", offered) + "."));
    }
}
