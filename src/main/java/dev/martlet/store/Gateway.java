package dev.martlet.store;

import com.mongodb.ClientSessionOptions;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/// What the operations of all requests share: the way to the database, its breaker, the turns, and the failures
/// that the log has already.
final class Gateway {

    private static final Logger LOGGER = System.getLogger(Gateway.class.getName());
    /// Connections that are reserved for the breaker's pings, for closing cursors, and for changes.
    private static final int SPARE = 8;
    private static final Duration SILENCE = Duration.ofMinutes(1);
    private static final ClientSessionOptions SESSION =
            ClientSessionOptions.builder().causallyConsistent(false).build();
    private static final ClientSessionOptions READ_SESSION =
            ClientSessionOptions.builder().causallyConsistent(true).build();

    private final MongoClient client;
    private final MongoDatabase database;
    private final boolean retryWrites;
    private final Breaker breaker;
    private final Turns turns;
    private final Time time;
    /// When the log last got each kind of refusal.
    private final Map<String, Long> told = new ConcurrentHashMap<>();
    private volatile @Nullable Kind kind;
    /// When the last write of this process was acknowledged, by the database's clock.
    private final AtomicReference<BsonTimestamp> written = new AtomicReference<>(new BsonTimestamp());

    Gateway(Access access, MongoDatabase database, Breaker breaker, Observer observer, Time time) {
        this.client = access.client();
        this.database = database;
        this.retryWrites = access.retryWrites();
        this.breaker = breaker;
        this.turns = new Turns(Math.max(1, access.connections() - SPARE), observer, time);
        this.time = time;
    }

    void beginTurn(Deadline deadline) {
        refuseWhileAway();
        turns.begin(deadline);
        if (breaker.open()) {
            turns.end();
            refuseWhileAway();
        }
    }

    void endTurn() {
        turns.end();
    }

    private void refuseWhileAway() {
        if (breaker.open()) {
            throw new UnavailableException("The database is away");
        }
    }

    MongoDatabase database(Deadline deadline) {
        return database.withTimeout(Math.max(1, deadline.remainingMillis(time)), TimeUnit.MILLISECONDS);
    }

    /// For a caller that watches the time itself. It takes no turn.
    MongoDatabase unbounded() {
        return database.withTimeout(0, TimeUnit.MILLISECONDS);
    }

    MongoDatabase admin(Deadline deadline) {
        return client.getDatabase("admin")
                .withTimeout(Math.max(1, deadline.remainingMillis(time)), TimeUnit.MILLISECONDS);
    }

    ClientSession session() {
        return client.startSession(SESSION);
    }

    /// A session for reads that see every write that this process had acknowledged. A majority read alone does not,
    /// for some milliseconds after an election: a new primary learns only then what a majority has.
    ClientSession readSession() {
        ClientSession session = client.startSession(READ_SESSION);
        BsonTimestamp last = written.get();
        if (last.getValue() != 0) {
            session.advanceOperationTime(last);
        }
        return session;
    }

    void acknowledged(BsonDocument reply) {
        if (reply.isTimestamp("operationTime")) {
            written.accumulateAndGet(reply.getTimestamp("operationTime"), (a, b) -> a.compareTo(b) >= 0 ? a : b);
        }
    }

    /// What the database is.
    ///
    /// @param hello asks the database, the first time
    Kind kind(Supplier<BsonDocument> hello) {
        Kind known = kind;
        if (known == null) {
            BsonDocument answer = hello.get();
            int servers = client.getClusterDescription().getServerDescriptions().size();
            known = Kind.of(answer, servers, retryWrites);
            kind = known;
        }
        return known;
    }

    void succeeded() {
        breaker.heard();
    }

    /// Tells the log, of each kind once in [#SILENCE]: hundreds of requests may be refused a second, with others
    /// that succeed among them.
    void tell(String operation, Trouble trouble) {
        String kind = operation + "` (" + trouble.kind() + ")";
        if (isDue(kind)) {
            LOGGER.log(
                    Level.WARNING,
                    "The database refuses the operation `" + kind + cure(operation, trouble),
                    trouble.getCause());
        }
    }

    private boolean isDue(String kind) {
        long now = time.nanos();
        Long last = told.get(kind);
        if (last == null) {
            return told.putIfAbsent(kind, now) == null;
        }
        return now - last >= SILENCE.toNanos() && told.replace(kind, last, now);
    }

    private static String cure(String operation, Trouble trouble) {
        return switch (trouble.code()) {
            case Trouble.UNAUTHORIZED ->
                ": log in as a user, with MONGO_USERNAME and MONGO_PASSWORD, who has the role readWrite on the database";
            case Trouble.NO_TRANSACTION_NUMBERS, Trouble.NO_RETRYABLE_WRITES ->
                ": it has no retryable writes; put retryWrites=false into MONGODB_URI";
            case Trouble.DATA_CORRUPTION ->
                ": what is stored is damaged; restore a copy, or replace what the database's log names";
            default ->
                operation.equals(ChangeStream.OPERATION)
                        ? ": it may have no change streams; make it a replica set of MongoDB, or do not watch"
                        : "";
        };
    }
}
