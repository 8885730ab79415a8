package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Optional;
import java.util.Set;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

class TroubleTest {

    /// MongoDB says so of `{"a":[{"0":1}]}` where an index is on `a.0`. The document is at fault, so it is of no use to
    /// send it again.
    @Test
    void placeAndMemberOfOneNumber_areTheClientsMistake() {
        var error = BsonDocument.parse("""
                {index: 0, code: 16746, errmsg: "Ambiguous field name found in array (do not use numeric field names \
                in embedded elements in an array), field: '0' for array: { a: [ { 0: 1 } ] }"}""");
        Trouble trouble = Trouble.of(error, Set.of());

        assertFalse(trouble.passing());
        assertEquals(
                Optional.of("The database refuses the document (code 16746): an array has both a place and a member of "
                        + "that number: rename the member."),
                trouble.mistake("document").map(RejectedException::getMessage));
    }
}
