package dev.martlet.replicas;

import dev.martlet.replicas.Data.Change;
import dev.martlet.replicas.Log.Entry;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNumber;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.types.ObjectId;

/// One member: its port, its connections, its log, and how much of the log it knows a majority to have.
///
/// The monitor of its set guards its state, and is notified of changes.
final class Member {

    /// What MongoDB 8.0 says.
    private static final int WIRE_VERSION = 25;
    private static final Duration LONG = Duration.ofMinutes(10);

    private enum Role {
        PRIMARY,
        SECONDARY,
        ROLLBACK,
        DOWN
    }

    /// The connection must end without an answer.
    private static final class CutException extends Exception {
        CutException() {
            super("cut", null, false, false);
        }
    }

    private final ReplicaSet set;
    private final Commands commands = new Commands(this);
    private final Log log = new Log();
    private final Data data = new Data();
    private final Map<BsonValue, Session.Transaction> transactions = new HashMap<>();
    private final Map<Long, Cursor> cursors = new HashMap<>();
    private final Map<Long, Watch> watches = new HashMap<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int port;
    private ServerSocket server;
    private Role role = Role.SECONDARY;
    private long term;
    /// The last entry that a majority has, as far as this member knows.
    private long committed;
    /// The next value of [#committed], and when this member learns it.
    private long heard;
    private long heardAt;
    /// The last entries of the other members, as far as this primary knows.
    private final Map<Member, Long> positions = new HashMap<>();
    private boolean isolated;
    private ObjectId process = new ObjectId();
    private long topology;
    private long nextCursor = 1;

    Member(ReplicaSet set) throws IOException {
        this.set = set;
        this.server = listen();
        this.port = server.getLocalPort();
    }

    /// Below the ports that the system gives to anybody: a member that was killed comes back to its own.
    private static ServerSocket listen() throws IOException {
        for (int tries = 0; ; tries++) {
            try {
                return listen(ThreadLocalRandom.current().nextInt(15_000, 30_000));
            } catch (BindException e) {
                if (tries == 100) {
                    throw e;
                }
            }
        }
    }

    private static ServerSocket listen(int port) throws IOException {
        var listening = new ServerSocket();
        try {
            listening.setReuseAddress(true);
            listening.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 1024);
            return listening;
        } catch (IOException e) {
            listening.close();
            throw e;
        }
    }

    void start() {
        ServerSocket listening = server;
        Thread.ofVirtual().name("member-" + port).start(() -> accept(listening));
        Thread.ofVirtual().name("member-" + port + "-replication").start(this::replicate);
    }

    // For the other classes of this package.

    ReplicaSet set() {
        return set;
    }

    String name() {
        return "127.0.0.1:" + port;
    }

    @Override
    public String toString() {
        return name() + " " + role + (isolated ? ", isolated" : "") + ", term " + term + ", committed " + committed
                + " of " + last() + ", " + transactions.size() + " transactions, " + sockets.size() + " connections";
    }

    Data data() {
        return data;
    }

    Log log() {
        return log;
    }

    Map<BsonValue, Session.Transaction> transactions() {
        return transactions;
    }

    Map<Long, Cursor> cursors() {
        return cursors;
    }

    /// The id under which a cursor is kept, 0 for one that has ended.
    long keep(Cursor cursor) {
        if (cursor.ended()) {
            return 0;
        }
        cursors.put(++nextCursor, cursor);
        return nextCursor;
    }

    Map<Long, Watch> watches() {
        return watches;
    }

    long keep(Watch watch) {
        watches.put(++nextCursor, watch);
        return nextCursor;
    }

    long last() {
        return log.last().index();
    }

    long committed() {
        return committed;
    }

    long term() {
        return term;
    }

    boolean primary() {
        return role == Role.PRIMARY;
    }

    boolean alive() {
        return role != Role.DOWN;
    }

    boolean sees(Member other) {
        return alive() && other.alive() && !isolated && !other.isolated;
    }

    void isolate(boolean alone) {
        isolated = alone;
        set.notifyAll();
    }

    /// The cluster time of an entry. It grows with each entry and each term.
    BsonTimestamp time(long index) {
        Entry entry = log.at(index);
        return new BsonTimestamp((int) entry.term(), (int) entry.index());
    }

    /// @param otherwise the code for a command that was interrupted
    void requirePrimary(int otherwise) throws Failure {
        if (!primary()) {
            throw new Failure(otherwise, "operation was interrupted");
        }
    }

    /// Waits until something has changed in the set.
    ///
    /// @throws Failure after the deadline
    void awaitNews(long deadline) throws Failure, InterruptedException {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            throw new Failure(Failure.MAX_TIME_EXPIRED, "operation exceeded time limit");
        }
        set.wait(millis);
    }

    // The log.

    /// Applies a change that belongs to the next entry.
    void applyNext(Change change) {
        data.apply(last() + 1, change, horizon());
    }

    private long horizon() {
        return transactions.values().stream()
                .mapToLong(Session.Transaction::snapshot)
                .reduce(committed, Math::min);
    }

    /// Puts an entry into a primary's log, whose changes are applied.
    void append(List<Change> changes) {
        log.add(new Entry(term, last() + 1, System.nanoTime(), System.currentTimeMillis(), changes));
        set.notifyAll();
    }

    /// Commits what a majority has, once that includes an entry of this primary's own term. Until then, an entry of an
    /// earlier term could still be overruled.
    private void advance() {
        List<Long> all = new ArrayList<>(positions.values());
        all.add(last());
        while (all.size() < set.members().size()) {
            all.add(0L);
        }
        Collections.sort(all);
        long majority = all.get((all.size() - 1) / 2);
        if (majority > committed && log.at(majority).term() == term) {
            committed = majority;
            set.notifyAll();
        }
    }

    private void replicate() {
        try {
            synchronized (set) {
                while (!set.closed()) {
                    Member source = set.sourceOf(this);
                    set.wait(source == null ? 1000 : Math.max(1, follow(source)));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            set.broken(e);
        }
    }

    /// Takes the entries of the primary that are due.
    ///
    /// @return for how many milliseconds there is nothing to do
    private long follow(Member source) throws InterruptedException {
        if (!source.log.has(log.last())) {
            rollBack(source);
            return 1;
        }
        long now = System.nanoTime();
        long delay = set.delay().toNanos();
        long wake = Long.MAX_VALUE;
        if (heard > committed && now >= heardAt) {
            committed = Math.min(heard, last());
            set.notifyAll();
        }
        for (Entry next : List.copyOf(source.log.after(log.last()))) {
            if (next.at() + delay > now) {
                wake = next.at() + delay - now;
                break;
            }
            next.changes().forEach(this::applyNext);
            log.add(next);
        }
        term = source.term;
        if (!Long.valueOf(last()).equals(source.positions.put(this, last()))) {
            source.advance();
        }
        if (heard <= committed && source.committed > committed) {
            heard = source.committed;
            heardAt = now + delay;
        }
        if (heard > committed) {
            wake = Math.min(wake, heardAt - now);
        }
        return Math.min(1000, wake / 1_000_000);
    }

    /// Takes back what the primary does not have, and ends all connections.
    ///
    /// @see <a href="https://www.mongodb.com/docs/manual/core/replica-set-rollbacks/">Rollbacks</a>
    private void rollBack(Member source) throws InterruptedException {
        become(Role.ROLLBACK);
        cut();
        int writes = 0;
        while (!source.log.has(log.last())) {
            Entry entry = log.removeLast();
            if (entry.index() <= committed) {
                throw new IllegalStateException("a majority had " + entry.index() + " of term " + entry.term());
            }
            data.rollBack(last(), entry.changes());
            writes += (int) entry.changes().stream()
                    .filter(change -> !change.collection().equals(Session.MEMORIES))
                    .count();
        }
        heard = committed;
        set.rolledBack(writes);
        become(Role.SECONDARY);
    }

    /// @param kept how many committed entries stay, for change streams that go on
    void forget(long kept) {
        log.forget(-kept
                + set.members().stream()
                        .mapToLong(member -> member.committed)
                        .min()
                        .orElse(0));
    }

    // Roles.

    private void become(Role next) {
        role = next;
        transactions.clear();
        cursors.clear();
        watches.clear();
        set.news();
    }

    void becomePrimary(long newTerm) {
        term = newTerm;
        positions.clear();
        become(Role.PRIMARY);
        append(List.of());
    }

    void stepDown() {
        become(Role.SECONDARY);
    }

    /// Fetches what only the other member has, as a new primary does before it begins.
    void catchUp(Member best) {
        if (best.log.has(log.last())) {
            for (Entry next : List.copyOf(best.log.after(log.last()))) {
                next.changes().forEach(this::applyNext);
                log.add(next);
            }
        }
    }

    /// Ends the process.
    void kill() {
        become(Role.DOWN);
        close(server);
        cut();
    }

    /// Starts it again, on what its log holds.
    void restart() throws IOException {
        server = listen(port);
        process = new ObjectId();
        ServerSocket listening = server;
        Thread.ofVirtual().name("member-" + port).start(() -> accept(listening));
        become(Role.SECONDARY);
    }

    void topologyChanged() {
        topology++;
    }

    /// Ends all connections.
    void cut() {
        sockets.forEach(Member::reset);
    }

    // Connections.

    private void accept(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
                if (listening.isClosed()) {
                    reset(socket);
                }
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try {
            socket.setTcpNoDelay(true);
            var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            OutputStream out = socket.getOutputStream();
            for (Wire.Message message; (message = Wire.read(in)) != null; ) {
                int to = message.id();
                boolean more;
                do {
                    BsonDocument answer = answer(message.command());
                    more = message.exhaust() && answer.containsKey("topologyVersion") && isHello(message.command());
                    to = Wire.write(out, to, message.query(), more, answer);
                    if (more) {
                        message.command().append("topologyVersion", answer.getDocument("topologyVersion"));
                    }
                } while (more);
            }
        } catch (CutException | IOException e) {
            // As it was meant, or the client has left.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            set.broken(e);
        } finally {
            reset(socket);
            sockets.remove(socket);
        }
    }

    private static void reset(Socket socket) {
        try {
            // A reset rather than a goodbye: what a machine sends that has been switched off and on.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    // Commands.

    private static boolean isHello(BsonDocument command) {
        return switch (command.getFirstKey()) {
            case "hello", "isMaster", "ismaster" -> true;
            default -> false;
        };
    }

    private BsonDocument answer(BsonDocument command) throws CutException, InterruptedException {
        synchronized (set) {
            long life = set.lifeOf(this);
            BsonDocument answer = isHello(command) ? hello(command) : answerData(command);
            if (!alive() || set.lifeOf(this) != life) {
                throw new CutException();
            }
            return answer;
        }
    }

    private BsonDocument answerData(BsonDocument command) throws CutException, InterruptedException {
        Fault fault = set.faultOf(this, command);
        BsonDocument answer;
        try {
            if (fault.kind() == Fault.Kind.CUT_BEFORE) {
                throw new CutException();
            }
            if (fault.kind() == Fault.Kind.ERROR) {
                throw new Failure(fault.code(), "so it was asked for");
            }
            answer = carryOut(command, fault);
        } catch (Failure e) {
            answer = e.answer(command);
            if (e.code() == Failure.NO_SUCH_TRANSACTION && command.containsKey("commitTransaction")) {
                // Its absence must be as lasting as its commit would be.
                confirm(command, answer, deadline(command));
            }
        }
        BsonValue code = answer.get("code");
        if (code instanceof BsonInt32 number && Failure.stateChange(number.getValue())) {
            answer.append("topologyVersion", topologyVersion());
        }
        BsonTimestamp now = time(last());
        return answer.append("operationTime", now)
                .append(
                        "$clusterTime",
                        new BsonDocument("clusterTime", now)
                                .append(
                                        "signature",
                                        new BsonDocument("hash", new BsonBinary(new byte[20]))
                                                .append("keyId", new BsonInt64(0))));
    }

    private static long deadline(BsonDocument command) {
        BsonNumber most = command.getNumber("maxTimeMS", new BsonInt64(0));
        return System.nanoTime() + (most.longValue() > 0 ? Duration.ofMillis(most.longValue()) : LONG).toNanos();
    }

    private BsonDocument carryOut(BsonDocument command, Fault fault)
            throws Failure, CutException, InterruptedException {
        String name = command.getFirstKey();
        requireRole(name, command);
        long deadline = deadline(command);
        BsonDocument answer = commands.run(name, command, deadline);
        if (fault.kind() == Fault.Kind.CUT_AFTER) {
            throw new CutException();
        }
        if (Commands.writes(name) && (Session.ends(command) || !Session.inTransaction(command))) {
            if (fault.kind() == Fault.Kind.WRITE_CONCERN_ERROR) {
                return Failure.withConcernError(answer, command, fault.code());
            }
            confirm(command, answer, deadline);
        }
        return answer;
    }

    private void requireRole(String name, BsonDocument command) throws Failure {
        if (role == Role.ROLLBACK) {
            throw new Failure(Failure.NOT_PRIMARY_OR_SECONDARY, "node is recovering");
        }
        if (Commands.writes(name)) {
            requirePrimary(Failure.NOT_PRIMARY);
        }
        if (Commands.reads(name)) {
            boolean secondary = command.containsKey("$readPreference")
                    && !command.getDocument("$readPreference")
                            .getString("mode")
                            .getValue()
                            .equals("primary");
            if (!secondary) {
                requirePrimary(
                        Session.inTransaction(command) ? Failure.NOT_PRIMARY : Failure.NOT_PRIMARY_NO_SECONDARY_OK);
            }
        }
    }

    /// Waits for the write concern. A write that changed nothing waits for everything that came before it.
    private void confirm(BsonDocument command, BsonDocument answer, long deadline) throws InterruptedException {
        BsonDocument concern = command.getDocument("writeConcern", new BsonDocument());
        BsonValue members = concern.get("w", new BsonString("majority"));
        if (members.isNumber() && members.asNumber().intValue() < 2) {
            return;
        }
        long wtimeout = concern.getNumber("wtimeout", new BsonInt64(0)).longValue();
        long timeout = wtimeout > 0 ? System.nanoTime() + wtimeout * 1_000_000 : Long.MAX_VALUE;
        long mine = last();
        long myTerm = term;
        int code = 0;
        while (code == 0 && !(primary() && term == myTerm && committed >= mine)) {
            if (!alive()) {
                return;
            }
            if (!primary() || term != myTerm) {
                code = set.interruption();
            } else if (System.nanoTime() > timeout) {
                code = Failure.WRITE_CONCERN_TIMED_OUT;
            } else {
                try {
                    awaitNews(Math.min(deadline, timeout == Long.MAX_VALUE ? deadline : timeout + 1_000_000));
                } catch (Failure e) {
                    code = e.code();
                }
            }
        }
        if (code != 0) {
            Failure.withConcernError(answer, command, code);
        }
    }

    // hello

    private BsonDocument topologyVersion() {
        return new BsonDocument("processId", new BsonObjectId(process)).append("counter", new BsonInt64(topology));
    }

    private BsonDocument hello(BsonDocument command) throws InterruptedException {
        if (command.get("topologyVersion") instanceof BsonDocument known) {
            long until = System.nanoTime()
                    + command.getNumber("maxAwaitTimeMS", new BsonInt32(0)).longValue() * 1_000_000;
            for (long left; topologyVersion().equals(known) && (left = (until - System.nanoTime()) / 1_000_000) > 0; ) {
                set.wait(left);
            }
        }
        var hosts = new BsonArray();
        set.members().forEach(member -> hosts.add(new BsonString(member.name())));
        BsonDocument hello = new BsonDocument("helloOk", BsonBoolean.TRUE)
                .append("topologyVersion", topologyVersion())
                .append("hosts", hosts)
                .append("setName", new BsonString(ReplicaSet.NAME))
                .append("setVersion", new BsonInt32(1))
                .append("isWritablePrimary", BsonBoolean.valueOf(primary()))
                .append("ismaster", BsonBoolean.valueOf(primary()))
                .append("secondary", BsonBoolean.valueOf(role == Role.SECONDARY))
                .append("me", new BsonString(name()))
                .append("maxBsonObjectSize", new BsonInt32(16 << 20))
                .append("maxMessageSizeBytes", new BsonInt32(48_000_000))
                .append("maxWriteBatchSize", new BsonInt32(100_000))
                .append("localTime", new BsonDateTime(System.currentTimeMillis()))
                .append("logicalSessionTimeoutMinutes", new BsonInt32(30))
                .append("minWireVersion", new BsonInt32(0))
                .append("maxWireVersion", new BsonInt32(WIRE_VERSION))
                .append("readOnly", BsonBoolean.FALSE)
                .append("ok", new BsonDouble(1));
        Member known = primary() ? this : set.sourceOf(this);
        if (known != null) {
            hello.append("primary", new BsonString(known.name()));
        }
        if (primary()) {
            // The first bytes are the greatest there are, the last ones are the term.
            hello.append("electionId", new BsonObjectId(new ObjectId(String.format("7fffffff%016x", term))));
        }
        return hello;
    }
}
