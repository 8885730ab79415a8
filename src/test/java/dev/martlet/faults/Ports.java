package dev.martlet.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/// Ports that nobody else gets while nobody listens on them: they are below those that the kernel gives to outgoing
/// connections.
final class Ports {

    private Ports() {}

    static int free() throws IOException {
        for (int tries = 0; tries < 100; tries++) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            try (var probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException e) {
                // Taken.
            }
        }
        throw new IOException("no port is free");
    }
}
