package dev.martlet.api;

import io.helidon.webserver.http.ServerRequest;

/// Answers one method of one route. What it throws becomes a problem in [Problem#of(Throwable)].
@FunctionalInterface
interface Handler {
    Reply handle(ServerRequest request) throws Exception;
}
