package dev.martlet.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ssl.SSLContext;

/// Takes TLS off connections, and carries them on to a port of this machine.
final class TlsProxy implements AutoCloseable {

    private final ServerSocket server;
    private final int target;

    TlsProxy(SSLContext context, int target) throws IOException {
        this.server = context.getServerSocketFactory()
                .createServerSocket(0, 128, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        this.target = target;
        Thread.startVirtualThread(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread.startVirtualThread(() -> carry(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void carry(Socket client) {
        try (client;
                var plain = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), target)) {
            Thread back = Thread.startVirtualThread(() -> pump(plain, client));
            pump(client, plain);
            back.join();
        } catch (IOException | InterruptedException e) {
            // The handshake failed, or one side has left.
        }
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One side has left.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
