package dev.martlet.bench;

import dev.martlet.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The product as its image runs it: the jar, the flags of `src/main/jvm/options`, and the AOT cache if there is one.
record Martlet(Program program, int port) implements AutoCloseable {

    private static final Path JAR = Path.of("target/martlet.jar");
    private static final Path AOT_CACHE = Path.of("target/martlet.aot");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    static boolean hasAotCache() {
        return Files.exists(AOT_CACHE);
    }

    static Martlet start(String uri, boolean aot, @Nullable Pod pod) throws IOException {
        int port = Program.freePort();
        var command = new ArrayList<>(List.of(java(), "@src/main/jvm/options"));
        if (aot) {
            command.add("-XX:AOTCache=" + AOT_CACHE);
        }
        command.addAll(List.of("-jar", JAR.toString()));
        return new Martlet(
                Program.start("martlet", command, Map.of("PORT", Integer.toString(port), "MONGODB_URI", uri), pod),
                port);
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /// Waits until it is ready.
    Martlet ready() throws IOException, InterruptedException {
        awaitStatus(Client.get(port, "/health/ready"), 204);
        return this;
    }

    void awaitFirstPost() throws IOException, InterruptedException {
        awaitStatus(Client.post(port), 201);
    }

    private void awaitStatus(Client client, int wanted) throws IOException, InterruptedException {
        await(program, client, status -> status == wanted || status == 200);
    }

    static void await(Program program, Client client, java.util.function.IntPredicate wanted)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (client) {
            while (System.nanoTime() < deadline && program.alive()) {
                try {
                    if (wanted.test(client.exchange())) {
                        return;
                    }
                } catch (IOException e) {
                    // It does not listen yet.
                }
                Thread.sleep(5);
            }
        }
        throw new IOException("it did not come up:\n" + Files.readString(program.log()));
    }

    @Override
    public void close() {
        program.close();
    }
}
