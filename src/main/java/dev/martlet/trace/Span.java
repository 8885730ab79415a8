package dev.martlet.trace;

import java.util.List;
import java.util.function.Supplier;

/// A piece of the time of a request, which may be made of smaller ones. It ends when it is closed.
///
/// ```java
/// try (var _ = Span.current().child("read body")) {
///     …
/// }
/// ```
///
/// Of one thread, but for what [#carrying] hands to another.
public abstract class Span implements AutoCloseable {

    private static final ScopedValue<Span> CURRENT = ScopedValue.newInstance();
    private static final ScopedValue<List<Span>> CARRIED = ScopedValue.newInstance();
    /// The one that does nothing.
    public static final Span NONE = new Silent("");

    private long waitedNanos;
    private int attempt = 1;

    /// That of the request which this thread works for. Where nobody keeps any, one that does nothing.
    public static Span current() {
        return CURRENT.orElse(NONE);
    }

    /// One that nobody keeps, of a request that others trace.
    ///
    /// @param traceId of theirs, or an empty text
    public static Span silent(String traceId) {
        return new Silent(traceId);
    }

    /// Is the current one while the work is done.
    public final void during(Runnable work) {
        ScopedValue.where(CURRENT, this).run(work);
    }

    /// Does work for several requests at once, whose spans its calls shall refer to.
    public static <T> T carrying(List<Span> requests, Supplier<T> work) {
        return requests.isEmpty()
                ? work.get()
                : ScopedValue.where(CARRIED, requests).call(work::get);
    }

    protected static List<Span> carried() {
        return CARRIED.orElse(List.of());
    }

    /// The id of the tree that it belongs to, 32 hexadecimal digits; empty if there is none.
    public abstract String traceId();

    /// What [W3C Trace Context](https://w3c.github.io/trace-context/#traceresponse-header) has an answer say of it;
    /// empty when nobody keeps it.
    public abstract String traceResponse();

    /// Whether anybody keeps it: if not, there is no need to tell it anything.
    public abstract boolean kept();

    /// Begins a part of it.
    public abstract Span child(String name);

    /// Begins a part of it that is a call of another service. It refers to the requests that it is carried out for.
    public abstract Span call(String name);

    /// Names it, when that is known only now.
    public abstract Span named(String name);

    public abstract Span with(String attribute, String value);

    public abstract Span with(String attribute, long value);

    /// @param type of failure, of which there are few: a status, a class, a code
    public abstract void failed(String type);

    @Override
    public abstract void close();

    /// The request has waited for others.
    public final void waited(long nanos) {
        if (!equals(NONE)) {
            waitedNanos += nanos;
        }
    }

    /// How long it has, in all.
    public final long waitedNanos() {
        return waitedNanos;
    }

    /// Says which try of a call is next.
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
