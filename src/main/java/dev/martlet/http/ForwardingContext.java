package dev.martlet.http;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/// Forwards everything that Helidon asks a connection, except reading and writing.
abstract class ForwardingContext implements ConnectionContext {

    private final ConnectionContext helidons;

    ForwardingContext(ConnectionContext helidons) {
        this.helidons = helidons;
    }

    @Override
    public ListenerContext listenerContext() {
        return helidons.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return helidons.executor();
    }

    @Override
    public Router router() {
        return helidons.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return helidons.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return helidons.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return helidons.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return helidons.localPeer();
    }

    @Override
    public boolean isSecure() {
        return helidons.isSecure();
    }

    @Override
    public String socketId() {
        return helidons.socketId();
    }

    @Override
    public String childSocketId() {
        return helidons.childSocketId();
    }
}
