package dev.martlet.api;

import dev.martlet.http.Reply;
import dev.martlet.http.Resource;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;

/// `GET /openapi`: the API as [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1).
final class OpenApi {

    private OpenApi() {}

    static Reply get(ServerRequest request) {
        return Reply.json(Status.OK_200, Resource.bytes(OpenApi.class, "openapi.json"));
    }
}
