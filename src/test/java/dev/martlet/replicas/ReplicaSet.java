package dev.martlet.replicas;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/// Three members in this process, on ports of the loopback interface.
///
/// ```java
/// try (var set = ReplicaSet.start()) {
///     connectTo(set.uri());
///     set.stepDown(Duration.ofSeconds(2), true);     // returns when another one is primary
///     set.kill(Duration.ofSeconds(2));
///     int writes = set.rollBack(Duration.ofSeconds(2));
///     set.onCommand(command -> command.containsKey("commitTransaction") ? Fault.CUT_AFTER : Fault.NONE);
/// }
/// ```
public final class ReplicaSet implements AutoCloseable {

    static final String NAME = "rs0";

    private static final Duration UNREST = Duration.ofMillis(40);
    /// How long a primary writes before anybody notices that it is cut off.
    static final Duration GATHER = Duration.ofMillis(1200);

    /// How many entries of the log are kept for change streams.
    private static final int HISTORY = 100_000;

    private final Random random;
    private final List<Member> members = new ArrayList<>();
    private final Map<Member, Long> lives = new HashMap<>();
    private final List<Throwable> broken = new ArrayList<>();
    private Function<BsonDocument, Fault> faults = _ -> Fault.NONE;
    /// What goes wrong at a primary in unrest, in addition to what the test asks for.
    private @Nullable Unrest unrest;
    private boolean deduplicates = true;
    private Duration delay = Duration.ofMillis(1);
    private long term;
    private int elections;
    private int rolledBack;
    private boolean closed;

    private record Unrest(Member member, int before, int after, int unconfirmed) {}

    private ReplicaSet(long seed) throws IOException {
        random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            members.add(new Member(this));
        }
    }

    /// Three members, one of them primary.
    public static ReplicaSet start() throws IOException {
        return start(new Random().nextLong());
    }

    /// @param seed of the random choices
    public static ReplicaSet start(long seed) throws IOException {
        var set = new ReplicaSet(seed);
        set.members.forEach(Member::start);
        synchronized (set) {
            set.term++;
            set.members.getFirst().becomePrimary(set.term);
        }
        return set;
    }

    /// All members, and the name of the set.
    public String uri() {
        return members.stream()
                .map(Member::name)
                .collect(Collectors.joining(",", "mongodb://", "/?replicaSet=" + NAME));
    }

    /// Decides what goes wrong with each command except `hello`. Called for one command at a time.
    public synchronized void onCommand(Function<BsonDocument, Fault> decision) {
        faults = decision;
    }

    /// Whether a member recognises a statement that is sent again; on by default. Some engines accept the number
    /// and ignore it.
    public synchronized void deduplicate(boolean does) {
        deduplicates = does;
    }

    /// How long an entry takes to the others, and how long the news that a majority has it.
    public synchronized void replicationDelay(Duration each) {
        delay = each;
        notifyAll();
    }

    /// Forgets what the members' logs hold. A change stream that was at an earlier place cannot go on.
    public synchronized void forgetHistory() {
        members.forEach(member -> member.forget(0));
    }

    /// Change streams that members have open.
    public synchronized int watches() {
        return members.stream().mapToInt(member -> member.watches().size()).sum();
    }

    /// Elections so far.
    public synchronized int elections() {
        return elections;
    }

    /// Writes that were taken back so far.
    public synchronized int rolledBack() {
        return rolledBack;
    }

    /// Errors in the members themselves, which are not faults of the test's making.
    public synchronized List<Throwable> broken() {
        return List.copyOf(broken);
    }

    /// Who is primary, the latest if there are two; empty in an election.
    public synchronized String primary() {
        return newest().map(Member::name).orElse("");
    }

    /// The primary steps down in peace. Later another one is elected, which has everything that the old one had.
    ///
    /// Commands that wait are told. A driver may lose its connections too: with `cut`, some of them end in the
    /// middle of commands, before and after their effect.
    public void stepDown(Duration election, boolean cut) throws InterruptedException {
        Member old = current();
        if (cut) {
            unquiet(old, 40, 40, 0, UNREST);
        }
        synchronized (this) {
            unrest = null;
            old.stepDown();
        }
        Thread.sleep(election);
        elect(old, old);
    }

    /// The primary's process is killed. Later another one is elected, which may lack what the old one did in its
    /// last moment. Then the old one comes back.
    public void kill(Duration election) throws IOException, InterruptedException {
        Member old = current();
        synchronized (this) {
            lives.merge(old, 1L, Long::sum);
            old.kill();
        }
        Thread.sleep(election);
        elect(old, null);
        synchronized (this) {
            old.restart();
        }
    }

    /// The primary is cut off from the others, but not from its clients. In some unrest it goes on writing what no
    /// majority has. Later another one is elected, and the old one takes back what it wrote.
    ///
    /// By chance it is killed at the end, steps down at once, or stays for a while beside the new one, as two
    /// primaries may.
    ///
    /// @return how many writes were taken back
    public int rollBack(Duration election) throws IOException, InterruptedException {
        int before = rolledBack();
        Member old = cutOff();
        int end = random.nextInt(3);
        synchronized (this) {
            unrest = null;
            if (end == 0) {
                lives.merge(old, 1L, Long::sum);
                old.kill();
            } else if (end == 1) {
                old.stepDown();
            }
        }
        Thread.sleep(election);
        Member next = elect(old, null);
        if (end == 2) {
            Thread.sleep(300);
        }
        synchronized (this) {
            if (end == 0) {
                old.restart();
            } else if (end == 2) {
                old.stepDown();
            }
            old.isolate(false);
        }
        awaitUntil(() -> next.log().has(old.log().last()));
        return rolledBack() - before;
    }

    /// A primary that has written what no other member has, and never will have.
    private Member cutOff() throws InterruptedException {
        while (true) {
            Member old = current();
            synchronized (this) {
                old.isolate(true);
            }
            unquiet(old, 10, 25, 20, GATHER);
            synchronized (this) {
                if (members.stream().allMatch(other -> other == old || other.last() < old.last())) {
                    return old;
                }
                // It wrote nothing alone: all clients wait for a majority of what the others have too.
                unrest = null;
                old.isolate(false);
            }
            Thread.sleep(GATHER);
        }
    }

    private interface Condition {
        boolean holds();
    }

    private void awaitUntil(Condition condition) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        synchronized (this) {
            while (!condition.holds()) {
                long left = (until - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new IllegalStateException("nothing happened for 10 s: " + members);
                }
                wait(left);
            }
        }
    }

    /// @param before      how many of 100 commands are lost before their effect
    /// @param after       how many are lost after it
    /// @param unconfirmed how many are told that no majority is known
    private void unquiet(Member member, int before, int after, int unconfirmed, Duration howLong)
            throws InterruptedException {
        synchronized (this) {
            unrest = new Unrest(member, before, after, unconfirmed);
        }
        Thread.sleep(howLong);
    }

    private Member current() {
        synchronized (this) {
            return newest().orElseThrow();
        }
    }

    private java.util.Optional<Member> newest() {
        return members.stream().filter(Member::primary).max(Comparator.comparingLong(Member::term));
    }

    /// @param source whose entries the new primary fetches first
    private Member elect(Member old, @Nullable Member source) {
        synchronized (this) {
            List<Member> voters = members.stream()
                    .filter(each ->
                            each != old && members.stream().anyMatch(other -> other != each && each.sees(other)))
                    .sorted(Comparator.<Member>comparingLong(
                                    each -> each.log().last().term())
                            .thenComparingLong(Member::last))
                    .toList();
            Member winner = voters.getLast();
            if (source != null) {
                winner.catchUp(source);
            }
            term++;
            elections++;
            winner.becomePrimary(term);
            members.forEach(member -> member.forget(HISTORY));
            return winner;
        }
    }

    // For the members.

    List<Member> members() {
        return members;
    }

    boolean closed() {
        return closed;
    }

    boolean deduplicates() {
        return deduplicates;
    }

    Duration delay() {
        return delay;
    }

    /// From whom a member that is not primary takes its entries.
    @Nullable
    Member sourceOf(Member member) {
        return member.primary()
                ? null
                : members.stream()
                        .filter(each -> each.primary() && each.sees(member))
                        .max(Comparator.comparingLong(Member::term))
                        .orElse(null);
    }

    /// How often it was killed.
    long lifeOf(Member member) {
        return lives.getOrDefault(member, 0L);
    }

    /// A server has several codes for a command that a state change interrupts.
    int interruption() {
        return random.nextBoolean() ? Failure.STEPPED_DOWN : Failure.INTERRUPTED_BY_STATE_CHANGE;
    }

    Fault faultOf(Member member, BsonDocument command) {
        String name = command.getFirstKey();
        if (unrest != null && unrest.member() == member && (Commands.writes(name) || Commands.reads(name))) {
            int dice = random.nextInt(100);
            if (dice < unrest.before()) {
                return Fault.CUT_BEFORE;
            }
            if (dice < unrest.before() + unrest.after()) {
                return Fault.CUT_AFTER;
            }
            if (dice < unrest.before() + unrest.after() + unrest.unconfirmed()) {
                return Fault.writeConcernError(random.nextBoolean() ? Failure.WRITE_CONCERN_TIMED_OUT : 91);
            }
        }
        return faults.apply(command);
    }

    void rolledBack(int writes) {
        rolledBack += writes;
    }

    void broken(Throwable e) {
        synchronized (this) {
            broken.add(e);
        }
    }

    /// The set has changed. All members tell that.
    void news() {
        members.forEach(Member::topologyChanged);
        notifyAll();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            members.stream().filter(Member::alive).forEach(Member::kill);
            notifyAll();
        }
    }
}
