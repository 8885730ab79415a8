package dev.martlet.store;

import org.bson.types.ObjectId;

/// The outcome of documents with an `Idempotency-Key`.
public sealed interface Keyed {

    /// They are stored, by this request or an earlier copy of it.
    ///
    /// @param first the first of the ids that the service made for them
    /// @param now   how many of them this request stored itself
    record Stored(ObjectId first, int now) implements Keyed {}

    /// The key belongs to another request, and nothing was stored.
    record Foreign() implements Keyed {}

    /// The database refuses one of them.
    ///
    /// @param first the first of the ids that the service made for them
    record Refused(ObjectId first, Outcome outcome) implements Keyed {}
}
