package dev.martlet.store;

import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoSecurityException;
import com.mongodb.connection.ServerDescription;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/// Knows whether the database answers, and spares requests the wait when it has not for long.
///
/// ```
///   closed ── no answer for `patience` ──> open
///     ^                                      │
///     └───────── a ping is answered ─────────┘
/// ```
///
/// While closed, a request waits for the database as long as its own deadline allows: an election or a restart passes
/// unnoticed. While open, it is refused at once. A ping each half second is what opens and closes, so that one slow
/// query never counts as an outage and recovery needs no request to be sacrificed.
public final class Breaker implements AutoCloseable {

    /// Half of the second within which the database's return is to be noticed.
    private static final Duration PING_INTERVAL = Duration.ofMillis(500);
    private static final Logger LOGGER = System.getLogger(Breaker.class.getName());
    private static final long UP = 0;

    private final Runnable ping;
    private final long patienceNanos;
    private final Thread pinger;

    /// When the database was first missed, or `UP`.
    private volatile long missingSince = System.nanoTime() | 1;
    private volatile boolean reached;
    private boolean announced;
    private String cause = "";

    /// Starts pinging.
    ///
    /// @param ping     throws `MongoException` when the database does not answer; must end by itself within about a
    ///              second
    /// @param patience how long the database may be away before requests are refused at once
    Breaker(Runnable ping, Duration patience) {
        this.ping = ping;
        this.patienceNanos = patience.toNanos();
        this.pinger = Thread.ofVirtual().name("database-ping").start(this::pingUntilClosed);
    }

    /// Whether the database has been away for longer than `patience`.
    public boolean open() {
        long since = missingSince;
        return since != UP && System.nanoTime() - since > patienceNanos;
    }

    /// To be told of each operation that succeeds: on a busy machine pings may come too late although the database
    /// answers.
    void heard() {
        if (missingSince != UP) {
            missingSince = UP;
            reached = true;
        }
    }

    /// Whether the database has answered at least once.
    public boolean reached() {
        return reached;
    }

    private void pingUntilClosed() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                ping.run();
                answered();
            } catch (MongoException | IllegalStateException e) {
                missed(e);
            }
            try {
                Thread.sleep(PING_INTERVAL);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void answered() {
        missingSince = UP;
        reached = true;
        if (announced || cause.isEmpty()) {
            LOGGER.log(Level.INFO, "The database answers");
            announced = false;
            cause = "up";
        }
    }

    private void missed(RuntimeException e) {
        if (missingSince == UP) {
            missingSince = System.nanoTime() | 1;
        }
        String now = reason(e);
        if (!now.equals(cause) || !announced) {
            LOGGER.log(Level.WARNING, "The database does not answer: {0}", now);
            announced = true;
            cause = now;
        }
    }

    /// One clear line; the driver's own message describes the whole cluster and changes with each try.
    private static String reason(RuntimeException e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof MongoSecurityException) {
                return "it refuses the credentials; check MONGO_USERNAME, MONGO_PASSWORD and the URI's authSource";
            }
        }
        String text = String.valueOf(e.getMessage());
        if (text.contains("MongoSecurityException")) {
            return "it refuses the credentials; check MONGO_USERNAME, MONGO_PASSWORD and the URI's authSource";
        }
        if (e instanceof MongoIncompatibleDriverException) {
            return "its version is too old or too new for this service's driver; use MongoDB "
                    + ServerDescription.MIN_DRIVER_SERVER_VERSION + " or later, or a newer driver";
        }
        if (e instanceof MongoException m && Attempts.unauthorized(m)) {
            return "the user may not read the collection; give it the role readWrite on the database";
        }
        return "no primary can be reached; check MONGODB_URI and the network";
    }

    /// Stops pinging.
    @Override
    public void close() {
        pinger.interrupt();
    }
}
