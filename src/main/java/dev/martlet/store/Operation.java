package dev.martlet.store;

import com.mongodb.MongoInterruptedException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoDatabase;
import dev.martlet.trace.Span;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.jspecify.annotations.Nullable;

/// One operation of one request. Its commands share a deadline and a limit on their number.
///
/// The driver repeats nothing here. With a time-out it would repeat without limit and without pause: one request
/// made thousands of commands a second. And when it gives up it forgets the number of a write, so that nobody can
/// find out what became of the write. Here, a command is repeated under its number until it is answered. There are
/// at most [#MOST_COMMANDS] commands, spread over the time that is left. A command that was never sent costs only a
/// short pause.
final class Operation {

    static final int MOST_COMMANDS = 20;
    private static final long FIRST_PAUSE = 5;
    /// The pause if no command was sent. It is short, because it bothers nobody and the database may be back soon.
    private static final long LONGEST_UNSENT_PAUSE = 320;

    /// A command that is under way.
    interface Command<T extends @Nullable Object> {
        T send(MongoDatabase database, Sent sent);
    }

    /// A command that does not write.
    interface Question<T extends @Nullable Object> {
        T ask(MongoDatabase database);
    }

    /// A read, in a session if the database has sessions.
    interface Reading<T extends @Nullable Object> {
        T read(MongoDatabase database, @Nullable ClientSession session);
    }

    private final Gateway gateway;
    private final String name;
    private final Deadline deadline;
    private final Time time;
    private int commands;
    private int pauses;
    /// Whether it has changed something, or may have.
    private boolean changed;

    Operation(Gateway gateway, String name, Deadline deadline, Time time) {
        this.gateway = gateway;
        this.name = name;
        this.deadline = deadline;
        this.time = time;
    }

    ClientSession session() {
        return gateway.session();
    }

    Kind kind() {
        return gateway.kind(() -> ask(it -> it.runCommand(Kind.QUESTION, BsonDocument.class)));
    }

    /// Asks until the database answers.
    <T extends @Nullable Object> T ask(Question<T> question) {
        for (int attempt = 1; ; attempt++) {
            var sent = new Sent(attempt);
            try {
                return once(
                        (database, it) -> {
                            it.assume();
                            return question.ask(database);
                        },
                        sent);
            } catch (Trouble trouble) {
                again(trouble, true);
            }
        }
    }

    /// Reads until the database answers, and sees what this process has written.
    <T extends @Nullable Object> T read(Reading<T> reading) {
        if (!kind().sessions()) {
            return ask(database -> reading.read(database, null));
        }
        try (ClientSession session = gateway.readSession()) {
            return ask(database -> reading.read(database, session));
        }
    }

    /// Writes until the database has answered and a majority has the write. If the database recognises copies, it
    /// carries out all copies of the command together once.
    ///
    /// @throws RejectedException if the database refuses the command; then nothing of it is done
    Acknowledgement write(BsonDocument command) {
        return kind().deduplicates() ? numbered(command) : repeated(command, null);
    }

    private Acknowledgement numbered(BsonDocument command) {
        try (ClientSession session = gateway.session()) {
            command.append("txnNumber", new BsonInt64(session.getServerSession().advanceTransactionNumber()));
            return repeated(command, session);
        }
    }

    private Acknowledgement repeated(BsonDocument command, @Nullable ClientSession session) {
        boolean doubt = false;
        boolean before = changed;
        for (int attempt = 1; ; attempt++) {
            var sent = new Sent(attempt);
            boolean earlier = doubt;
            try {
                Acknowledgement reply = once(
                        (database, it) -> {
                            command.put("writeConcern", it.concern());
                            return new Acknowledgement(run(database, session, command), earlier);
                        },
                        sent);
                changed = before || earlier || reply.count() > 0;
                return reply;
            } catch (Trouble trouble) {
                trouble.mistake("document").ifPresent(mistake -> {
                    throw mistake;
                });
                doubt |= session == null && sent.maybe();
                changed |= trouble.passing() && sent.maybe();
                again(trouble, sent.maybe());
            }
        }
    }

    /// A write of a transaction, which is never repeated alone.
    Acknowledgement write(BsonDocument command, ClientSession session) {
        command.append("autocommit", BsonBoolean.FALSE);
        return once((database, sent) -> {
            sent.assume();
            return new Acknowledgement(run(database, session, command), false);
        });
    }

    /// The end of a transaction.
    void end(BsonDocument command, ClientSession session) {
        command.append("autocommit", BsonBoolean.FALSE);
        changed |= command.containsKey("commitTransaction");
        once((database, sent) -> {
            command.put("writeConcern", sent.concern());
            return new Acknowledgement(run(gateway.admin(deadline), session, command), false);
        });
    }

    private BsonDocument run(MongoDatabase database, @Nullable ClientSession session, BsonDocument command) {
        BsonDocument reply = session == null
                ? database.runCommand(command, BsonDocument.class)
                : database.runCommand(session, command, BsonDocument.class);
        gateway.acknowledged(reply);
        return reply;
    }

    private <T extends @Nullable Object> T once(Command<T> command) {
        return once(command, new Sent(1));
    }

    /// Sends a command when its turn has come.
    ///
    /// @throws Trouble if there was no answer
    private <T extends @Nullable Object> T once(Command<T> command, Sent sent) {
        gateway.beginTurn(deadline);
        Span.current().attempt(sent.attempt());
        try {
            T answer = command.send(gateway.database(deadline), sent);
            gateway.succeeded();
            return answer;
        } catch (UnavailableException | RejectedException | LargerException | NoRoomException e) {
            throw e;
        } catch (MongoInterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled");
        } catch (RuntimeException e) {
            throw Trouble.of(e);
        } finally {
            gateway.endTurn();
            if (sent.maybe()) {
                commands++;
            }
        }
    }

    /// Waits before the next try.
    ///
    /// @throws UnavailableException if there is no next try
    void again(Trouble trouble, boolean sent) {
        if (!trouble.passing()) {
            gateway.tell(name, trouble);
            throw switch (trouble.code()) {
                case Trouble.DATA_CORRUPTION -> UnavailableException.damaged();
                case Trouble.EXCEEDED_MEMORY -> UnavailableException.outOfMemory();
                default -> UnavailableException.refused();
            };
        }
        if (commands >= MOST_COMMANDS || deadline.remainingMillis(time) <= 0) {
            if (trouble.code() != 0) {
                gateway.tell(name, trouble);
            }
            throw UnavailableException.tooLate();
        }
        pause(sent);
    }

    /// Waits for others that want the same.
    void await(Semaphore lane) {
        Turns.await(lane, deadline.remainingMillis(time));
    }

    /// Waits after a try that failed because of another writer.
    void afterOthers() {
        if (commands + 1 >= MOST_COMMANDS || deadline.remainingMillis(time) <= 0) {
            throw new UnavailableException("Other writers kept changing the document");
        }
        pause(true);
    }

    /// 5, 10, 20 … ms with jitter, so that hundreds of requests do not ask in step. Later, the pauses spread the
    /// remaining commands over the remaining time.
    private void pause(boolean sent) {
        long left = Math.max(0, deadline.remainingMillis(time));
        long longest = sent ? left / Math.max(1, MOST_COMMANDS - commands) : LONGEST_UNSENT_PAUSE;
        long pause = Math.min(FIRST_PAUSE << Math.min(pauses++, 20), Math.max(1, longest));
        try {
            time.sleep(Math.min(left, ThreadLocalRandom.current().nextLong(pause / 2, pause + 1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("The request was cancelled");
        }
    }

    UnavailableException ended(UnavailableException why) {
        return changed ? why.inDoubt() : why;
    }

    /// Does not count the commands that a large request needs anyway.
    void needs(int more) {
        commands -= more;
    }
}
