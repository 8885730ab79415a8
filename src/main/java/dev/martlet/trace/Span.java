package dev.martlet.trace;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// A part of the time of a request. It may have parts of its own. It ends when it is closed.
///
/// ```java
/// try (var _ = Span.current().child("read body")) {
///     …
/// }
/// ```
///
/// For use by one thread, except for what [#carrying] hands to another.
public abstract class Span implements AutoCloseable {

    private static final ScopedValue<Span> CURRENT = ScopedValue.newInstance();
    private static final ScopedValue<List<Span>> CARRIED = ScopedValue.newInstance();
    /// A span that does nothing.
    public static final Span NONE = new Silent("");

    private long waitedNanos;
    private int attempt = 1;

    /// The span of this thread's request. If nobody keeps spans, it does nothing.
    public static Span current() {
        return CURRENT.orElse(NONE);
    }

    /// A span that nobody keeps, for a request that others trace.
    ///
    /// @param traceId the id of their trace, or an empty text
    public static Span silent(String traceId) {
        return new Silent(traceId);
    }

    /// Is the current span while the work is done.
    public final void during(Runnable work) {
        ScopedValue.where(CURRENT, this).run(work);
    }

    /// Does work for several requests at once. Its calls refer to the spans of all of them.
    public static <T> T carrying(List<Span> requests, Supplier<T> work) {
        return requests.isEmpty()
                ? work.get()
                : ScopedValue.where(CARRIED, requests).call(work::get);
    }

    protected static List<Span> carried() {
        return CARRIED.orElse(List.of());
    }

    /// Waits for others as a part of the request under way, whose waiting it counts.
    ///
    /// @param wait returns whether it was not in vain
    public static boolean waiting(String name, BooleanSupplier wait) {
        Span request = current();
        long started = System.nanoTime();
        try (var _ = request.child(name)) {
            return wait.getAsBoolean();
        } finally {
            request.waited(System.nanoTime() - started);
        }
    }

    /// The id of its trace, 32 hexadecimal digits. Empty if there is none.
    public abstract String traceId();

    /// The header [traceresponse](https://w3c.github.io/trace-context/#traceresponse-header) of the answer. Empty
    /// if nobody keeps the span.
    public abstract String traceResponse();

    /// Whether anybody keeps it. If not, attributes are of no use.
    public abstract boolean kept();

    /// Begins a part of it.
    public abstract Span child(String name);

    /// Begins a part that is a call of another service. It refers to the requests that it serves.
    public abstract Span call(String name);

    /// Gives it another name, which is known only now.
    public abstract Span named(String name);

    public abstract Span with(String attribute, String value);

    public abstract Span with(String attribute, long value);

    /// @param type of failure, one of a few: a status, a class, a code
    public abstract void failed(String type);

    @Override
    public abstract void close();

    /// The request has waited for others.
    public final void waited(long nanos) {
        if (!equals(NONE)) {
            waitedNanos += nanos;
        }
    }

    /// How long it has waited in total.
    public final long waitedNanos() {
        return waitedNanos;
    }

    /// Sets the number of the next try of a call.
    public final void attempt(int number) {
        if (!equals(NONE)) {
            attempt = number;
        }
    }

    public final int attempt() {
        return attempt;
    }

    private static final class Silent extends Span {

        private final String traceId;

        Silent(String traceId) {
            this.traceId = traceId;
        }

        @Override
        public String traceId() {
            return traceId;
        }

        @Override
        public String traceResponse() {
            return "";
        }

        @Override
        public boolean kept() {
            return false;
        }

        @Override
        public Span child(String name) {
            return NONE;
        }

        @Override
        public Span call(String name) {
            return NONE;
        }

        @Override
        public Span named(String name) {
            return this;
        }

        @Override
        public Span with(String attribute, String value) {
            return this;
        }

        @Override
        public Span with(String attribute, long value) {
            return this;
        }

        @Override
        public void failed(String type) {
            // Nobody keeps it.
        }

        @Override
        public void close() {
            // Nobody keeps it.
        }
    }
}
