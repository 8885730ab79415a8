package dev.martlet;

import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.common.export.HttpSender;
import io.opentelemetry.sdk.common.export.HttpSenderConfig;
import io.opentelemetry.sdk.common.export.HttpSenderProvider;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// OpenTelemetry's sender of spans. It is made when there is something to send, so that the start does not wait for it:
/// the JDK's client prepares TLS, even for plain HTTP, and reads all authorities that the JVM trusts.
final class LateSender implements HttpSender {

    private static final ComponentLoader FOUND = ComponentLoader.forClassLoader(LateSender.class.getClassLoader());

    /// Finds it in place of the sender that is on the class path.
    static final ComponentLoader LOADER = new ComponentLoader() {
        @Override
        public <T> Iterable<T> load(Class<T> type) {
            HttpSenderProvider late = LateSender::new;
            return type == HttpSenderProvider.class ? List.of(type.cast(late)) : FOUND.load(type);
        }
    };

    private final HttpSenderConfig config;
    private @Nullable HttpSender sender;

    private LateSender(HttpSenderConfig config) {
        this.config = config;
    }

    @Override
    public void send(MessageWriter message, Consumer<HttpResponse> answered, Consumer<Throwable> failed) {
        made().send(message, answered, failed);
    }

    private synchronized HttpSender made() {
        if (sender == null) {
            sender = FOUND.load(HttpSenderProvider.class).iterator().next().createSender(config);
        }
        return sender;
    }

    @Override
    public synchronized CompletableResultCode shutdown() {
        return sender == null ? CompletableResultCode.ofSuccess() : sender.shutdown();
    }
}
