package dev.martlet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;

/// A service that is measured.
///
/// @param name      in the report
/// @param program   its process
/// @param port      where it answers
/// @param readiness the path that answers 2xx once the service is ready
record Contender(String name, Program program, int port, String readiness) implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    Contender ready() throws IOException, InterruptedException {
        await(Client.get(port, readiness));
        return this;
    }

    void awaitFirstPost() throws IOException, InterruptedException {
        await(Client.post(port));
    }

    private void await(Client client) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (client) {
            while (System.nanoTime() < deadline && program.alive()) {
                try {
                    if (client.exchange() / 100 == 2) {
                        return;
                    }
                } catch (IOException e) {
                    // The service does not listen yet.
                }
                Thread.sleep(5);
            }
        }
        throw new IOException(name + " did not become ready:\n" + Files.readString(program.log()));
    }

    @Override
    public void close() {
        program.close();
    }
}
