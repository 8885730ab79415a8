package dev.martlet.store;

import com.mongodb.client.ClientSession;
import java.util.List;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;

/// Several writes that are stored together or not at all.
///
/// Not by the driver's own transactions: those repeat a commit without limit and without pause. Here each command
/// bears the transaction's fields by itself. A transaction of which anything fails before its commit begins again
/// under the next number, which ends the one before in the server. A commit is repeated until its outcome is known: so
/// a lost reply leaves no doubt.
///
/// @see <a href="https://github.com/mongodb/specifications/tree/master/source/transactions">Transactions</a>
final class Transaction {

    /// The writes; no refusal means that all of them are to be stored.
    interface Work {
        List<Refusal> write(Transaction transaction);
    }

    private final Operation operation;
    private final ClientSession session;
    private final long number;
    private boolean begun;

    private Transaction(Operation operation, ClientSession session) {
        this.operation = operation;
        this.session = session;
        this.number = session.getServerSession().advanceTransactionNumber();
    }

    /// @return why nothing is stored; empty when everything is
    static List<Refusal> run(Operation operation, Work work) {
        try (ClientSession session = operation.session()) {
            while (true) {
                var transaction = new Transaction(operation, session);
                try {
                    List<Refusal> refusals = work.write(transaction);
                    if (refusals.isEmpty()) {
                        transaction.commit();
                    } else {
                        transaction.abort();
                    }
                    return refusals;
                } catch (RejectedException e) {
                    transaction.abort();
                    throw e;
                } catch (Trouble trouble) {
                    if (trouble.code() != 0) {
                        transaction.abort();
                    }
                    operation.again(trouble, true);
                }
            }
        }
    }

    Operation operation() {
        return operation;
    }

    /// @throws RejectedException when the database will not have the command
    Acknowledgement write(BsonDocument command) {
        command.append("txnNumber", new BsonInt64(number));
        if (!begun) {
            command.append("startTransaction", BsonBoolean.TRUE);
            begun = true;
        }
        try {
            return operation.write(command, session);
        } catch (Trouble trouble) {
            throw trouble.mistake("document")
                    .<RuntimeException>map(mistake -> mistake)
                    .orElse(trouble);
        }
    }

    private void commit() {
        while (true) {
            try {
                operation.end(ending("commitTransaction"), session);
                return;
            } catch (Trouble trouble) {
                if (trouble.undone()) {
                    throw trouble;
                }
                operation.again(trouble.inDoubt(), true);
            }
        }
    }

    /// MongoDB has ended it already when a write in it failed; other engines wait for this.
    private void abort() {
        try {
            operation.end(ending("abortTransaction"), session);
        } catch (Trouble e) {
            // It has ended, or will when the server misses it.
        }
    }

    private BsonDocument ending(String how) {
        return new BsonDocument(how, new BsonInt32(1)).append("txnNumber", new BsonInt64(number));
    }
}
