package dev.martlet.store;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoDatabase;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Does the work of operations. The observer learns of each.
final class Attempts {

    /// The work of one operation.
    interface Work<T extends @Nullable Object> {
        T run(Operation operation);
    }

    private final Gateway gateway;
    private final Observer observer;
    private final Time time;

    Attempts(Access access, MongoDatabase database, Breaker breaker, Observer observer, Time time) {
        this.gateway = new Gateway(access, database, breaker, observer, time);
        this.observer = observer;
        this.time = time;
    }

    /// Does the work of one operation of one request.
    ///
    /// @throws UnavailableException if the deadline passes, the breaker is open, or the database refuses
    <T extends @Nullable Object> T run(String name, Deadline deadline, Work<T> work) {
        return observed(name, () -> together(name, deadline, work));
    }

    /// The same for work that many requests do together. Each request is observed by itself.
    <T extends @Nullable Object> T together(String name, Deadline deadline, Work<T> work) {
        var operation = new Operation(gateway, name, deadline, time);
        try {
            return work.run(operation);
        } catch (UnavailableException e) {
            throw operation.ended(e);
        }
    }

    <T extends @Nullable Object> T observed(String name, Supplier<T> work) {
        long started = time.nanos();
        boolean failed = false;
        try {
            return work.get();
        } catch (UnavailableException e) {
            failed = true;
            throw e;
        } finally {
            observer.completed(name, time.nanos() - started, failed);
        }
    }

    /// See [ChangeStream].
    ChangeStream changes(Target target, String place, long usualSize) {
        return new ChangeStream(gateway, target, place, usualSize);
    }

    /// See [Gateway#readSession()].
    ClientSession readSession() {
        return gateway.readSession();
    }
}
