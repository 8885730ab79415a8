package dev.martlet.http;

import dev.martlet.trace.Span;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.Function;

/// Sends answers and failures.
final class Sending {

    private static final Logger LOGGER = System.getLogger(Sending.class.getName());
    private static final Header NO_LENGTH = SilentLength.HEADER;

    private final Function<Throwable, Optional<Problem>> known;

    /// @param known the problems behind an application's exceptions
    Sending(Function<Throwable, Optional<Problem>> known) {
        this.known = known;
    }

    /// Sends a reply, and then closes what it holds.
    void send(ServerRequest request, ServerResponse response, Reply reply) throws Exception {
        try (var _ = reply.held();
                var _ = Span.current().child("write answer")) {
            sendEncoded(request, response, Compression.of(request, reply));
        }
    }

    private void sendEncoded(ServerRequest request, ServerResponse response, Reply reply) throws IOException {
        response.status(reply.status());
        reply.headers().forEach(response::header);
        boolean head = request.prologue().method().text().equals("HEAD");
        switch (reply.body()) {
            case Reply.Body.None() -> sendHead(response, NO_LENGTH);
            case Reply.Body.Bytes(byte[] bytes, String type) -> {
                response.header(HeaderNames.CONTENT_TYPE, type);
                if (head) {
                    sendHead(response, HeaderValues.create(HeaderNames.CONTENT_LENGTH, bytes.length));
                } else {
                    response.send(bytes);
                }
            }
            case Reply.Body.Stream(Reply.Source source, String type) -> {
                response.header(HeaderNames.CONTENT_TYPE, type);
                if (head) {
                    begin(source);
                    sendHead(response, NO_LENGTH);
                } else {
                    stream(response, source);
                }
            }
        }
    }

    private static void sendHead(ServerResponse response, Header length) {
        response.header(length);
        response.send();
    }

    /// Makes only the beginning of the body, so that `HEAD` fails where `GET` would.
    private static void begin(Reply.Source source) throws IOException {
        try {
            source.writeTo(new Beginning());
        } catch (Beginning.Enough enough) {
            LOGGER.log(Level.TRACE, "A GET would be answered");
        }
    }

    /// A failure before the first byte becomes a problem. After the first byte the connection is cut without the
    /// last chunk, so that no client takes the part for the whole.
    private void stream(ServerResponse response, Reply.Source source) throws IOException {
        var out = response.outputStream();
        try {
            source.writeTo(out);
        } catch (IOException | RuntimeException e) {
            if (response.bytesWritten() == 0) {
                throw e;
            }
            Optional<Problem> problem = problem(e);
            if (problem.isPresent()) {
                LOGGER.log(
                        Level.WARNING,
                        "An answer broke off after {0} bytes: {1}",
                        Long.toString(response.bytesWritten()),
                        problem.get().getMessage());
            } else {
                log(e);
            }
            throw new CloseConnectionException("An answer broke off", e);
        }
        out.close();
    }

    /// Answers with the problem behind a failure.
    void fail(ServerRequest request, ServerResponse response, Throwable thrown) {
        Problem problem = problem(thrown).orElseGet(Problem::internal);
        if (problem.status().code() >= 500) {
            log(thrown);
        }
        // Headers that the failed handler set for its own answer are wrong for this one.
        response.headers().remove(HeaderNames.CONTENT_LENGTH);
        response.headers().remove(HeaderNames.CONTENT_ENCODING);
        response.headers().remove(HeaderNames.ETAG);
        boolean broken = thrown instanceof HttpException http && !http.keepAlive();
        if (broken || !Body.cheapToDrain(request)) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        try (var _ = Span.current().child("write answer")) {
            sendEncoded(request, response, Compression.of(request, problem.reply()));
        } catch (IOException e) {
            throw new CloseConnectionException("An answer broke off", e);
        }
    }

    /// The problem behind an exception. Empty if the exception is our own mistake, which is a 500.
    private Optional<Problem> problem(Throwable thrown) {
        return switch (thrown) {
            case Problem problem -> Optional.of(problem);
            // From the connection's watch, or from Helidon for a wrong request.
            // Helidon's message may quote anything, so only its status is used.
            case HttpException http
            when http.getClass() == HttpException.class && http.status().code() < 500 ->
                Optional.of(Problem.of(http.status(), String.valueOf(http.getMessage())));
            case HttpException http
            when http.status().code() < 500 ->
                Optional.of(Problem.of(
                        http.status(),
                        "The request is not valid HTTP for this resource: check its headers and its body."));
            default -> known.apply(thrown);
        };
    }

    private void log(Throwable thrown) {
        switch (thrown) {
            case UncheckedIOException lost -> LOGGER.log(Level.DEBUG, "The client went away: {0}", lost);
            case IOException lost -> LOGGER.log(Level.DEBUG, "The client went away: {0}", lost);
            case ServerConnectionException lost -> LOGGER.log(Level.DEBUG, "The client went away: {0}", lost);
            default ->
                problem(thrown)
                        .ifPresentOrElse(
                                problem -> LOGGER.log(
                                        Level.DEBUG,
                                        "Answered {0}: {1}",
                                        problem.status().code(),
                                        problem.getMessage()),
                                () -> LOGGER.log(Level.ERROR, "A request failed", thrown));
        }
    }

    private static final class Beginning extends OutputStream {

        /// More than compression writes before it gets any input.
        private static final int ENOUGH_BYTES = 100;

        private static final class Enough extends IOException {}

        private long count;

        @Override
        public void write(int b) throws IOException {
            count++;
            if (count > ENOUGH_BYTES) {
                throw new Enough();
            }
        }
    }
}
