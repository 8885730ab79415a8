package dev.martlet.local;

import dev.martlet.local.LoggedChange.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// The commands that write: `insert`, `update` and `delete`. All changes of one command are one commit.
///
/// Unlike MongoDB's, an ordered insert stores all of its documents or none.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/insert/">insert</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/update/">update</a>
/// @see <a href="https://www.mongodb.com/docs/manual/reference/command/delete/">delete</a>
final class WriteCommands {

    private final Storage storage;

    WriteCommands(Storage storage) {
        this.storage = storage;
    }

    /// The outcome of a command.
    private static final class Outcome {
        private final BsonArray errors = new BsonArray();
        private final BsonArray upserted = new BsonArray();
        private int count;
        private int modified;

        BsonDocument answer() {
            var answer = new BsonDocument("n", new BsonInt32(count));
            if (!upserted.isEmpty()) {
                answer.append("upserted", upserted);
            }
            if (!errors.isEmpty()) {
                answer.append("writeErrors", errors);
            }
            return answer.append("ok", new BsonDouble(1));
        }
    }

    BsonDocument insert(Command command) {
        String namespace = writable(command);
        boolean ordered = command.isTrue("ordered", true);
        List<RawBsonDocument> documents = command.documents("documents");
        return storage.change(generation -> {
            var outcome = new Outcome();
            var stored = new ArrayList<RawBsonDocument>(documents.size());
            Set<BsonValue> taken = new TreeSet<>(ValueOrder.ASCENDING);
            for (int i = 0; i < documents.size() && !(ordered && !outcome.errors.isEmpty()); i++) {
                try {
                    RawBsonDocument document = Keys.storable(documents.get(i));
                    BsonValue key = Keys.of(document);
                    if (!taken.add(key) || StoredDocument.find(storage, generation, namespace, key) != null) {
                        throw duplicate(namespace, key);
                    }
                    stored.add(document);
                } catch (CommandFailure e) {
                    outcome.errors.add(e.writeError(i));
                }
            }
            if (!ordered || outcome.errors.isEmpty()) {
                stored.forEach(document -> generation.put(namespace, Kind.INSERT, document));
                outcome.count = stored.size();
            }
            return outcome.answer();
        });
    }

    private static CommandFailure duplicate(String namespace, BsonValue key) {
        var value = new BsonDocument("_id", key);
        return new CommandFailure(
                CommandFailure.DUPLICATE_KEY,
                "DuplicateKey",
                "E11000 duplicate key error collection: " + namespace + " index: _id_ dup key: " + value.toJson(),
                new BsonDocument("keyPattern", new BsonDocument("_id", new BsonInt32(1))).append("keyValue", value));
    }

    BsonDocument update(Command command) {
        String namespace = writable(command);
        List<RawBsonDocument> statements = command.documents("updates");
        return storage.change(generation -> {
            Outcome outcome = runAll(
                    command,
                    statements,
                    (index, it) -> update(generation, namespace, statements.get(index), index, it));
            return outcome.answer().append("nModified", new BsonInt32(outcome.modified));
        });
    }

    /// What one statement of a command does.
    @FunctionalInterface
    private interface Statement {
        void run(int index, Outcome outcome);
    }

    /// Runs the statements one after the other. After one that fails, only unordered ones go on.
    private static Outcome runAll(Command command, List<RawBsonDocument> statements, Statement statement) {
        var outcome = new Outcome();
        for (int i = 0; i < statements.size(); i++) {
            try {
                statement.run(i, outcome);
            } catch (CommandFailure e) {
                outcome.errors.add(e.writeError(i));
                if (command.isTrue("ordered", true)) {
                    break;
                }
            }
        }
        return outcome;
    }

    private void update(
            Generation generation, String namespace, RawBsonDocument statement, int index, Outcome outcome) {
        BsonDocument query = Command.document(statement, "q");
        Update update = Update.parse(Objects.requireNonNull(statement.get("u")));
        boolean multi = Command.isTrue(statement, "multi", false);
        if (multi && update.replaces()) {
            throw new CommandFailure(9, "FailedToParse", "multi update is not supported for replacement-style update");
        }
        int found = each(namespace, query, multi ? 0 : 1, before -> {
            outcome.modified += change(generation, before, update) ? 1 : 0;
            outcome.count++;
        });
        if (found == 0 && Command.isTrue(statement, "upsert", false)) {
            KeyRange keys = KeyRange.of(query);
            RawBsonDocument document = Keys.storable(update.ofNothing(keys.isPoint() ? keys.from() : null));
            BsonValue key = Keys.of(document);
            if (StoredDocument.find(storage, generation, namespace, key) != null) {
                throw duplicate(namespace, key);
            }
            generation.put(namespace, Kind.INSERT, document);
            outcome.upserted.add(new BsonDocument("index", new BsonInt32(index)).append("_id", key));
            outcome.count++;
        }
    }

    private static boolean change(Generation generation, StoredDocument stored, Update update) {
        RawBsonDocument before = update.replaces() && !stored.isWhole() ? null : stored.document();
        RawBsonDocument after = Keys.storable(before == null ? update.ofNothing(stored.key()) : update.of(before));
        if (before != null && Documents.sameBytes(before, after)) {
            return false;
        }
        generation.put(stored.namespace(), update.replaces() ? Kind.REPLACE : Kind.UPDATE, after);
        return true;
    }

    BsonDocument delete(Command command) {
        String namespace = writable(command);
        List<RawBsonDocument> statements = command.documents("deletes");
        return storage.change(generation -> runAll(command, statements, (index, outcome) -> {
                    BsonDocument statement = statements.get(index);
                    int limit = statement.get("limit") instanceof BsonInt32 one ? one.getValue() : 0;
                    outcome.count += each(
                            namespace,
                            Command.document(statement, "q"),
                            limit,
                            stored -> generation.remove(namespace, stored.key()));
                })
                .answer());
    }

    /// Does something to the documents that a statement is about.
    ///
    /// @param limit how many at most; 0 is no limit
    /// @return how many there were
    private int each(String namespace, BsonDocument query, int limit, Consumer<StoredDocument> action) {
        Matcher filter = Matcher.parse(query);
        boolean saysAll = KeyRange.saysAll(query);
        int found = 0;
        var scan = filter.candidates(storage, namespace, false);
        while ((limit == 0 || found < limit) && scan.hasNext()) {
            Work.check();
            StoredDocument stored = scan.next();
            if (saysAll || filter.matches(stored.document())) {
                action.accept(stored);
                found++;
            }
        }
        return found;
    }

    private static String writable(Command command) {
        String name = command.string(command.name());
        if (name.startsWith("system.") || name.isEmpty()) {
            throw new CommandFailure(73, "InvalidNamespace", "cannot " + command.name() + " in " + command.namespace());
        }
        return command.namespace();
    }
}
