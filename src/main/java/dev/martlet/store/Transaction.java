package dev.martlet.store;

import com.mongodb.client.ClientSession;
import java.util.List;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;

/// Several writes that are stored together or not at all.
///
/// It does not use the driver's transactions, which repeat a commit without limit and without pause. Here, each
/// command has the transaction's fields itself. If anything fails before the commit, the transaction begins again
/// under the next number, which ends the one before in the server. A commit is repeated until its outcome is known,
/// so a lost reply leaves no doubt.
///
/// @see <a href="https://github.com/mongodb/specifications/tree/master/source/transactions">Transactions</a>
final class Transaction {

    /// The writes. No refusal means that all of them should be stored.
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

    /// @return why nothing is stored; empty if everything is
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

    /// @throws RejectedException if the database refuses the command
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

    /// MongoDB has already ended a transaction with a failed write. Other engines wait for this command.
    private void abort() {
        try {
            operation.end(ending("abortTransaction"), session);
        } catch (Trouble e) {
            // It has ended, or ends when the server's time for it is over.
        }
    }

    private BsonDocument ending(String how) {
        return new BsonDocument(how, new BsonInt32(1)).append("txnNumber", new BsonInt64(number));
    }
}
