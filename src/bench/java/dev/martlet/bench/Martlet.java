package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Martlet as its image runs it: the jar, the flags of `src/main/jvm/options`, and the AOT cache if there is one.
final class Martlet {

    private static final Path JAR = Path.of("target/martlet.jar");
    private static final Path AOT_CACHE = Path.of("target/martlet.aot");

    private Martlet() {}

    static boolean hasAotCache() {
        return Files.exists(AOT_CACHE);
    }

    static Contender start(String uri, boolean aot, @Nullable Pod pod) throws IOException {
        return start(uri, aot, pod, Map.of());
    }

    /// @param more variables of its environment
    static Contender start(String uri, boolean aot, @Nullable Pod pod, Map<String, String> more) throws IOException {
        int port = Program.freePort();
        var command = new ArrayList<>(List.of(java(), "@src/main/jvm/options"));
        if (aot) {
            command.add("-XX:AOTCache=" + AOT_CACHE);
        }
        command.addAll(List.of("-jar", JAR.toString()));
        var environment = new HashMap<>(more);
        environment.put("PORT", Integer.toString(port));
        environment.put("MONGODB_URI", uri);
        return new Contender("Martlet", Program.start("martlet", command, environment, pod), port, "/health/ready");
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
