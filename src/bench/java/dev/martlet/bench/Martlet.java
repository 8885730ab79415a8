package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        int port = Program.freePort();
        var command = new ArrayList<>(List.of(java(), "@src/main/jvm/options"));
        if (aot) {
            command.add("-XX:AOTCache=" + AOT_CACHE);
        }
        command.addAll(List.of("-jar", JAR.toString()));
        return new Contender(
                "Martlet",
                Program.start("martlet", command, Map.of("PORT", Integer.toString(port), "MONGODB_URI", uri), pod),
                port,
                "/health/ready");
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
