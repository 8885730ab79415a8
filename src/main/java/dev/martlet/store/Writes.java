package dev.martlet.store;

import dev.martlet.json.DocumentId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// Stores several documents, and finds out which of them are stored already.
final class Writes {

    /// MongoDB's limit for one document; a command may have 16 KiB more.
    static final int MAX_DOCUMENT_BYTES = 16 << 20;
    /// How many bytes the values of a query by ids may take.
    private static final int MOST_IDS_BYTES = 8 << 20;
    /// What each value of an array takes besides itself: a type, its index as text, a zero.
    private static final int ELEMENT_BYTES = 10;

    private final Target target;

    Writes(Target target) {
        this.target = target;
    }

    Target target() {
        return target;
    }

    /// Stores each of the documents for itself.
    ///
    /// @param own for which ids an equal stored document is this one, stored by an earlier copy
    List<Refusal> insertEach(Operation operation, List<RawBsonDocument> documents, Predicate<BsonValue> own) {
        var refusals = new ArrayList<Refusal>();
        int from = 0;
        for (List<RawBsonDocument> chunk : chunks(operation, documents)) {
            for (Refusal refusal : insertChunk(operation, chunk, own)) {
                refusals.add(refusal.at(from + refusal.place()));
            }
            from += chunk.size();
        }
        return refusals;
    }

    private List<Refusal> insertChunk(Operation operation, List<RawBsonDocument> documents, Predicate<BsonValue> own) {
        try {
            return settled(operation, documents, operation.write(target.insert(documents, false)), own);
        } catch (RejectedException e) {
            if (documents.size() == 1) {
                return List.of(new Refusal(0, false, e));
            }
            // One of them is to blame, and nobody says which.
            operation.needs(2);
            int half = documents.size() / 2;
            var refusals = new ArrayList<>(insertChunk(operation, documents.subList(0, half), own));
            insertChunk(operation, documents.subList(half, documents.size()), own)
                    .forEach(refusal -> refusals.add(refusal.at(half + refusal.place())));
            return refusals;
        }
    }

    /// Without the documents that are stored after all.
    private List<Refusal> settled(
            Operation operation, List<RawBsonDocument> documents, Acknowledgement reply, Predicate<BsonValue> own) {
        var refusals = new ArrayList<Refusal>();
        var perhaps = new ArrayList<Integer>();
        for (Refusal refusal : reply.refusals()) {
            boolean ours = reply.doubt() || own.test(DocumentId.of(documents.get(refusal.place())));
            if (refusal.taken() && ours) {
                perhaps.add(refusal.place());
            } else {
                refusals.add(refusal);
            }
        }
        if (perhaps.isEmpty()) {
            return refusals;
        }
        Map<BsonValue, Boolean> same =
                present(operation, perhaps.stream().map(documents::get).toList(), true);
        for (int place : perhaps) {
            RawBsonDocument document = documents.get(place);
            Boolean isOurs = same.get(DocumentId.of(document));
            if (isOurs == null) {
                operation.again(Trouble.unconfirmed(), true);
                insertChunk(operation, List.of(document), id -> true)
                        .forEach(refusal -> refusals.add(refusal.at(place)));
            } else if (!isOurs) {
                refusals.add(Refusal.taken(place));
            }
        }
        return refusals;
    }

    /// Stores the documents as far as the first that the database refuses. They are stored at once, if the database
    /// can do that.
    List<Refusal> insertInOrder(Operation operation, List<RawBsonDocument> documents, Predicate<BsonValue> own) {
        List<List<RawBsonDocument>> chunks = chunks(operation, documents);
        int from = 0;
        for (List<RawBsonDocument> chunk : chunks) {
            Acknowledgement reply = operation.write(target.insert(chunk, true));
            List<Refusal> refusals = settled(operation, chunk, reply, own);
            if (refusals.isEmpty() && !reply.refusals().isEmpty()) {
                // It ended at a document that an earlier copy had stored.
                refusals = insertChunk(operation, chunk, id -> true);
            }
            if (!refusals.isEmpty()) {
                Refusal first = refusals.getFirst();
                return List.of(first.at(from + first.place()));
            }
            from += chunk.size();
        }
        return List.of();
    }

    /// Stores the documents within a transaction. If one of them is refused, the transaction has to be given up.
    List<Refusal> insertIn(Transaction transaction, List<RawBsonDocument> documents) {
        int from = 0;
        for (List<RawBsonDocument> chunk : chunks(transaction.operation(), documents)) {
            List<Refusal> refusals =
                    transaction.write(target.insert(chunk, true)).refusals();
            if (!refusals.isEmpty()) {
                Refusal first = refusals.getFirst();
                return List.of(first.at(from + first.place()));
            }
            from += chunk.size();
        }
        return List.of();
    }

    /// As many at a time as a command may hold.
    private static List<List<RawBsonDocument>> chunks(Operation operation, List<RawBsonDocument> documents) {
        int most = operation.kind().mostDocuments();
        var chunks = new ArrayList<List<RawBsonDocument>>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < documents.size(); i++) {
            int size = documents.get(i).getByteLength() + ELEMENT_BYTES;
            if (i > from && (i - from == most || bytes + size > MAX_DOCUMENT_BYTES)) {
                chunks.add(documents.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (from < documents.size()) {
            chunks.add(documents.subList(from, documents.size()));
        }
        operation.needs(Math.max(0, chunks.size() - 1));
        return chunks;
    }

    /// Which of the ids a majority has, and whether with the same document.
    ///
    /// @param compare whether to compare documents; otherwise only the ids are read
    Map<BsonValue, Boolean> present(Operation operation, List<RawBsonDocument> documents, boolean compare) {
        var present = new HashMap<BsonValue, Boolean>();
        var asked = new HashMap<BsonValue, RawBsonDocument>();
        int bytes = 0;
        for (RawBsonDocument document : documents) {
            bytes += ELEMENT_BYTES + idBytes(DocumentId.of(document));
            asked.put(DocumentId.of(document), document);
            if (bytes > MOST_IDS_BYTES) {
                present.putAll(ask(operation, asked, compare));
                operation.needs(2);
                asked.clear();
                bytes = 0;
            }
        }
        if (!asked.isEmpty()) {
            present.putAll(ask(operation, asked, compare));
        }
        return present;
    }

    /// The first document whose `_id` is taken.
    ///
    /// @param made  whether an `_id` is new, so that no other document can have it
    /// @param again whether an equal document is this one, stored by an earlier copy
    List<Refusal> takenOf(
            Operation operation, List<RawBsonDocument> documents, Predicate<BsonValue> made, boolean again) {
        Map<BsonValue, Boolean> present = present(
                operation,
                documents.stream()
                        .filter(document -> !made.test(DocumentId.of(document)))
                        .toList(),
                again);
        return IntStream.range(0, documents.size())
                .filter(place -> {
                    Boolean same = present.get(DocumentId.of(documents.get(place)));
                    return same != null && !(again && same);
                })
                .limit(1)
                .mapToObj(Refusal::taken)
                .toList();
    }

    private Map<BsonValue, Boolean> ask(Operation operation, Map<BsonValue, RawBsonDocument> asked, boolean compare) {
        var present = new HashMap<BsonValue, Boolean>();
        operation.read((database, session) -> {
            target.confirmed(database, session)
                    .find(Target.byIds(asked.keySet()))
                    .projection(Query.BY_ID)
                    .forEach(document -> present.put(DocumentId.of(document), false));
            return true;
        });
        if (compare && !present.isEmpty()) {
            int largest = asked.values().stream()
                    .mapToInt(RawBsonDocument::getByteLength)
                    .max()
                    .orElse(0);
            operation.read((database, session) -> {
                target.confirmed(database, session)
                        .find(Reads.atMost(largest, Target.byIds(present.keySet())))
                        .forEach(document -> present.put(
                                DocumentId.of(document), document.equals(asked.get(DocumentId.of(document)))));
                return true;
            });
        }
        return present;
    }

    private static int idBytes(BsonValue id) {
        // As UTF-8, at most.
        return id.isString() ? 3 * id.asString().getValue().length() : Long.BYTES + Integer.BYTES;
    }
}
