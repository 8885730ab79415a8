package dev.martlet.http;

import dev.martlet.trace.Span;
import dev.martlet.trace.TraceParent;
import dev.martlet.trace.Tracer;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Optional;
import java.util.Set;

/// What belongs to every request and its answer: the request's id, the instance that answers, a span, and a line in
/// the access log.
public final class Exchange implements Filter {

    private static final HeaderName TRACE_PARENT = HeaderNames.create("traceparent");
    private static final HeaderName TRACE_STATE = HeaderNames.create("tracestate");
    private static final HeaderName TRACE_RESPONSE = HeaderNames.create("traceresponse");
    /// A client can make up other methods, and there would be no end of names for spans.
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

    private final Instance instance;
    private final Optional<Tracer> tracer;
    private final boolean logged;

    /// @param instance the instance that answers
    /// @param tracer   keeps the spans; empty if nobody does
    /// @param logged   whether each request gets a line in the log
    public Exchange(Instance instance, Optional<Tracer> tracer, boolean logged) {
        this.instance = instance;
        this.tracer = tracer;
        this.logged = logged;
    }

    /// The same without spans and log lines: for probes, which come every second.
    public Exchange unobserved() {
        return new Exchange(instance, Optional.empty(), false);
    }

    public Instance instance() {
        return instance;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String id = RequestId.of(request.headers());
        response.header(RequestId.HEADER, id);
        instance.header().ifPresent(response::header);
        TraceParent parent = parent(request.headers());
        if (tracer.isEmpty() && !logged && parent.traceId().isEmpty()) {
            RequestId.during(id, chain::proceed);
        } else {
            RequestId.during(id, () -> observe(parent, chain, request, response));
        }
    }

    private static TraceParent parent(Headers headers) {
        if (!headers.contains(TRACE_PARENT) || headers.get(TRACE_PARENT).valueCount() > 1) {
            return TraceParent.NONE;
        }
        String state = headers.contains(TRACE_STATE)
                ? String.join(",", headers.get(TRACE_STATE).allValues())
                : "";
        return TraceParent.of(headers.get(TRACE_PARENT).get(), state);
    }

    private void observe(TraceParent parent, FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long started = System.nanoTime();
        try (Span span = tracer.map(it -> it.request(parent)).orElseGet(() -> Span.silent(parent.traceId()))) {
            if (span.kept()) {
                response.header(TRACE_RESPONSE, span.traceResponse());
            }
            span.during(() -> {
                boolean whole = false;
                try {
                    chain.proceed();
                    whole = true;
                } finally {
                    if (span.kept()) {
                        describe(span, request, response, whole);
                    }
                    if (logged) {
                        AccessLog.answered(request, response, whole, System.nanoTime() - started, span.waitedNanos());
                    }
                }
            });
        }
    }

    /// [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server),
    /// without `url.query`, because a filter can hold data of documents.
    private static void describe(Span span, RoutingRequest request, RoutingResponse response, boolean whole) {
        String method = request.prologue().method().text();
        boolean known = METHODS.contains(method);
        String shown = known ? method : "HTTP";
        int status = response.status().code();
        span.with("http.request.method", known ? method : "_OTHER")
                .with("url.path", request.prologue().uriPath().rawPath())
                .with("url.scheme", "http")
                .with("network.protocol.version", "1.1")
                .with("client.address", request.remotePeer().host())
                .with("http.response.status_code", status)
                .with("martlet.waited_ms", span.waitedNanos() / 1_000_000);
        if (!known) {
            span.with("http.request.method_original", method);
        }
        if (request.headers().contains(HeaderNames.USER_AGENT)) {
            span.with(
                    "user_agent.original",
                    request.headers().get(HeaderNames.USER_AGENT).get());
        }
        Route.matched(request)
                .ifPresentOrElse(
                        route -> span.named(shown + " " + route).with("http.route", route), () -> span.named(shown));
        if (!whole) {
            span.failed("broken_off");
        } else if (status >= 500) {
            span.failed(Integer.toString(status));
        }
    }

    /// The same for a refused request. Most are refused before there is a request to route.
    DirectHandler.TransportResponse refused(
            DirectHandler.TransportRequest request, ServerResponseHeaders already, Problem problem) {
        boolean routed = !RequestId.current().isEmpty();
        String id = routed ? RequestId.current() : RequestId.of(request.headers());
        var answer = DirectHandler.TransportResponse.builder()
                .status(problem.status())
                .headers(already)
                .header(RequestId.HEADER, id)
                .header(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);
        instance.header().ifPresent(answer::header);
        if (routed) {
            return answer.entity(problem.json()).build();
        }
        RequestId.during(
                id, () -> Span.silent(parent(request.headers()).traceId()).during(() -> {
                    answer.entity(problem.json());
                    if (logged) {
                        AccessLog.refused(request, problem.status());
                    }
                }));
        return answer.build();
    }
}
