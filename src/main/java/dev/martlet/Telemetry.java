package dev.martlet;

import dev.martlet.http.Instance;
import dev.martlet.trace.Span;
import dev.martlet.trace.TraceParent;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.resources.Resource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Keeps spans and sends them by OTLP over HTTP. Only this class and [LateSender] know OpenTelemetry. They are loaded
/// only if traces are wanted.
final class Telemetry implements AutoCloseable {

    /// How long sending may take at the end. Spans that have not arrived by then are lost.
    private static final long FLUSH_SECONDS = 2;
    /// The SDK would also send meters and log lines. It would use gRPC, whose libraries are not here.
    private static final Map<String, String> DEFAULTS = Map.of(
            "otel.service.name", "martlet",
            "otel.exporter.otlp.protocol", "http/protobuf",
            "otel.metrics.exporter", "none",
            "otel.logs.exporter", "none");

    private static final TextMapGetter<TraceParent> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(TraceParent carrier) {
            return List.of("traceparent", "tracestate");
        }

        @Override
        public @Nullable String get(@Nullable TraceParent carrier, String key) {
            return carrier == null ? null : key.equals("traceparent") ? carrier.parent() : carrier.state();
        }
    };

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private Telemetry(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        this.tracer = sdk.getTracer("dev.martlet");
    }

    /// @param variables of the environment that begin with `OTEL_`
    /// @throws SettingException if the SDK does not understand one of them
    static Telemetry start(Map<String, String> variables, Instance instance) {
        try {
            var given = new HashMap<String, String>();
            variables.forEach(
                    (name, value) -> given.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value));
            Attributes who = instance.name()
                    .map(name -> Attributes.builder().put("service.instance.id", name))
                    .orElseGet(Attributes::builder)
                    .put("service.version", instance.version())
                    .build();
            return new Telemetry(AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .setComponentLoader(LateSender.LOADER)
                    .addPropertiesSupplier(() -> DEFAULTS)
                    .addPropertiesCustomizer(read -> given)
                    .addResourceCustomizer(
                            (resource, properties) -> Resource.create(who).merge(resource))
                    .build()
                    .getOpenTelemetrySdk());
        } catch (ConfigurationException e) {
            throw new SettingException("An OTEL_ variable is wrong: " + said(e));
        }
    }

    /// The SDK quotes the value, and that of the headers is a collector's key as a rule.
    private static String said(ConfigurationException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("headers")
                ? "OTEL_EXPORTER_OTLP_HEADERS is no list of headers: write them as name=value,other=value"
                : message;
    }

    Span request(TraceParent parent) {
        Context from = W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, HEADERS);
        return begun(tracer.spanBuilder("HTTP").setSpanKind(SpanKind.SERVER).setParent(from));
    }

    private Span begun(SpanBuilder builder) {
        var span = builder.startSpan();
        return span.isRecording()
                ? new Kept(span)
                : Span.silent(span.getSpanContext().getTraceId());
    }

    /// Sends the spans that have not been sent yet.
    @Override
    public void close() {
        sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
    }

    private final class Kept extends Span {

        private final io.opentelemetry.api.trace.Span span;

        Kept(io.opentelemetry.api.trace.Span span) {
            this.span = span;
        }

        @Override
        public String traceId() {
            return span.getSpanContext().getTraceId();
        }

        @Override
        public String traceResponse() {
            var context = span.getSpanContext();
            return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                    + context.getTraceFlags().asHex();
        }

        @Override
        public boolean kept() {
            return true;
        }

        @Override
        public Span child(String name) {
            return begun(below(name));
        }

        @Override
        public Span call(String name) {
            SpanBuilder call = below(name).setSpanKind(SpanKind.CLIENT);
            for (Span other : carried()) {
                if (other instanceof Kept kept) {
                    call.addLink(kept.span.getSpanContext());
                }
            }
            return begun(call);
        }

        private SpanBuilder below(String name) {
            return tracer.spanBuilder(name).setParent(Context.root().with(span));
        }

        @Override
        public Span named(String name) {
            span.updateName(name);
            return this;
        }

        @Override
        public Span with(String attribute, String value) {
            span.setAttribute(attribute, value);
            return this;
        }

        @Override
        public Span with(String attribute, long value) {
            span.setAttribute(attribute, value);
            return this;
        }

        @Override
        public void failed(String type) {
            span.setAttribute("error.type", type);
            span.setStatus(StatusCode.ERROR);
        }

        @Override
        public void close() {
            span.end();
        }
    }
}
