package dev.martlet.trace;

/// Keeps spans.
@FunctionalInterface
public interface Tracer {

    /// Begins the span of a request.
    Span request(TraceParent parent);
}
