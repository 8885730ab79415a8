package dev.martlet;

import dev.martlet.Settings.LogFormat;
import dev.martlet.http.RequestId;
import dev.martlet.ops.Logs;
import java.io.IOException;

/// Reads the settings, starts the service, and ends it on SIGTERM.
final class Main {

    private Main() {}

    static void main() {
        Logs.useManager();
        try {
            Settings settings = Settings.from(System.getenv());
            Logs.configure(settings.logFormat() == LogFormat.JSON, RequestId::all);
            endOnSignal(App.start(settings));
        } catch (SettingException | IOException e) {
            System.err.println("Martlet cannot start: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void endOnSignal(App app) {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    app.close();
                    // A JVM that ends on SIGTERM exits with 143, which looks like a failure.
                    Runtime.getRuntime().halt(0);
                }));
    }
}
