package dev.martlet.store;

import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoServerException;
import com.mongodb.connection.ServerDescription;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/// Knows whether the database answers. If it has not answered for long, requests need not wait.
///
/// ```
///   closed ── no answer for `patience` ──> open
///     ^                                      │
///     └───────── a ping is answered ─────────┘
/// ```
///
/// While the breaker is closed, a request waits for the database as long as its own deadline allows. So nobody
/// notices an election or a restart. While it is open, a request is refused at once. A ping each half second opens
/// and closes it. So a slow query never counts as an outage, and no request has to fail for the breaker to find
/// out.
public final class Breaker implements AutoCloseable {

    /// Half of the second within which the database's return should be noticed.
    private static final Duration PING_INTERVAL = Duration.ofMillis(500);
    /// For a database that has never answered. It may start together with this service, but there is no election to
    /// wait for.
    private static final Duration FIRST_PATIENCE = Duration.ofSeconds(3);

    private static final Logger LOGGER = System.getLogger(Breaker.class.getName());
    private static final long UP = 0;

    private final Runnable ping;
    private final Duration patience;
    private final Time time;
    private final Thread pinger;

    /// When the database was first missed, or `UP`.
    private volatile long missingSince;
    private volatile boolean reached;
    /// Why the last ping was not answered; empty after one that was.
    private String missed = "";
    private boolean announced;
    private String cause = "";

    /// @param ping     throws `MongoException` if the database does not answer; must end by itself within about a
    ///     second
    /// @param patience how long the database may be away before requests are refused at once
    Breaker(Runnable ping, Duration patience, Time time) {
        this.ping = ping;
        this.patience = patience;
        this.time = time;
        this.missingSince = time.nanos() | 1;
        this.pinger = Thread.ofVirtual().name("database-ping").unstarted(this::pingUntilClosed);
    }

    /// Begins to ping.
    void start() {
        pinger.start();
    }

    /// Whether the database has been away for longer than it may.
    public boolean open() {
        long since = missingSince;
        return since != UP && time.nanos() - since > allowed().toNanos();
    }

    private Duration allowed() {
        return reached || patience.compareTo(FIRST_PATIENCE) < 0 ? patience : FIRST_PATIENCE;
    }

    /// Whether the next request would find the database: it has answered at least once, and the breaker is closed.
    public boolean ready() {
        return reached && !open();
    }

    /// Learns of each operation that succeeds. On a busy machine pings may be late although the database answers.
    void heard() {
        if (missingSince != UP) {
            missingSince = UP;
            reached = true;
        }
    }

    /// For how long the database has not answered; zero if it answers.
    public Duration missing() {
        long since = missingSince;
        return since == UP ? Duration.ZERO : Duration.ofNanos(time.nanos() - since);
    }

    /// Whether the database has answered at least once.
    public boolean reached() {
        return reached;
    }

    private void pingUntilClosed() {
        while (!Thread.currentThread().isInterrupted()) {
            ping();
            try {
                time.sleep(PING_INTERVAL.toMillis());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /// Asks once.
    void ping() {
        try {
            ping.run();
            answered();
        } catch (RuntimeException e) {
            missed(e);
        }
    }

    private void answered() {
        missingSince = UP;
        reached = true;
        missed = "";
        if (announced || cause.isEmpty()) {
            LOGGER.log(Level.INFO, "The database answers");
            announced = false;
            cause = "up";
        }
    }

    private void missed(RuntimeException e) {
        if (missingSince == UP) {
            missingSince = time.nanos() | 1;
        }
        String now = reason(e);
        // The second time in a row: on a busy machine one ping may come too late.
        boolean certain = now.equals(missed) && !stillTries(e);
        missed = now;
        if (certain && (!now.equals(cause) || !announced)) {
            LOGGER.log(Level.WARNING, "The database does not answer: {0}", now);
            announced = true;
            cause = now;
        }
    }

    /// Whether the driver has not found out yet what is wrong: it tells of each server what came of the last try.
    private static boolean stillTries(RuntimeException e) {
        String text = String.valueOf(e.getMessage());
        return text.contains("state=CONNECTING") && !text.contains("exception=");
    }

    /// One clear line. The driver's own message describes the whole cluster and changes with each try.
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
        if (text.contains("javax.net.ssl.") || text.contains("java.security.cert.")) {
            return "TLS fails between it and this service; check that MONGO_TLS_CA_FILE holds the CA of its certificate, "
                    + "that the certificate names its host, and that it speaks TLS at all";
        }
        if (e instanceof MongoIncompatibleDriverException) {
            return "its version is too old or too new for this service's driver; use MongoDB "
                    + ServerDescription.MIN_DRIVER_SERVER_VERSION + " or later, or a newer driver";
        }
        if (e instanceof MongoException refused && refused.getCode() == Trouble.UNAUTHORIZED) {
            return "the user may not read the collection; give it the role readWrite on the database";
        }
        if (e instanceof MongoServerException refused) {
            return "it answers with an error (code " + refused.getCode() + ")";
        }
        return "no primary can be reached; check MONGODB_URI and the network";
    }

    /// Stops pinging.
    @Override
    public void close() {
        pinger.interrupt();
    }
}
