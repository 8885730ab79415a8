package dev.martlet.store;

/// One of several documents, which is not stored.
///
/// @param place its place among them
/// @param taken whether another document has its `_id`
/// @param why   the same in words
public record Refusal(int place, boolean taken, RejectedException why) {

    static Refusal taken(int place) {
        return new Refusal(place, true, RejectedException.duplicate("_id_"));
    }

    Refusal at(int newPlace) {
        return new Refusal(newPlace, taken, why);
    }
}
