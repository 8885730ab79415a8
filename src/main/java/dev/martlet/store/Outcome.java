package dev.martlet.store;

import java.util.List;
import java.util.Optional;
import org.bson.RawBsonDocument;

/// The outcome of documents that should be stored together.
///
/// @param stored  how many of them are stored
/// @param refusal why not all of them are
public record Outcome(int stored, Optional<Refusal> refusal) {

    /// All or nothing.
    static Outcome whole(List<RawBsonDocument> documents, List<Refusal> refusals) {
        return new Outcome(
                refusals.isEmpty() ? documents.size() : 0, refusals.stream().findFirst());
    }

    /// Those before the first refusal are stored.
    static Outcome upTo(List<RawBsonDocument> documents, List<Refusal> refusals) {
        return new Outcome(
                refusals.isEmpty() ? documents.size() : refusals.getFirst().place(),
                refusals.stream().findFirst());
    }
}
