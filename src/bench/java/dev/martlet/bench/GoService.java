package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `net/http` and MongoDB's driver for Go.
final class GoService {

    private static final Path SOURCE = Path.of("src/bench/go");
    private static final Path BINARY = Path.of("target/bench/go-service").toAbsolutePath();

    private GoService() {}

    /// Builds it.
    ///
    /// @return false if there is no Go, or if its MongoDB driver cannot be downloaded
    static boolean install() throws InterruptedException {
        return Program.succeeds("go", "build", "-C", SOURCE.toString(), "-o", BINARY.toString(), ".");
    }

    static Contender start(String uri, @Nullable Pod pod) throws IOException {
        int port = Program.freePort();
        var environment = Map.of("PORT", Integer.toString(port), "MONGODB_URI", uri);
        return new Contender(
                "Go", Program.start("go", List.of(BINARY.toString()), environment, pod), port, "/health/ready");
    }
}
