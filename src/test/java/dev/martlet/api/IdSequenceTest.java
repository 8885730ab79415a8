package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.json.DocumentId;
import dev.martlet.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;

class IdSequenceTest {

    private static final ObjectId FIRST = new ObjectId("69200f1ca5c1d6e80f0000fe");

    @Test
    void ids_countUpFromTheFirst() {
        var ids = new IdSequence(FIRST);

        assertEquals(FIRST, ids.next());
        assertEquals(new ObjectId("69200f1ca5c1d6e80f0000ff"), ids.next());
        assertEquals(new ObjectId("69200f1ca5c1d6e80f000100"), ids.next());
    }

    @Test
    void made_isFalseForIdsOfTheClient() {
        var ids = new IdSequence(FIRST);

        assertTrue(ids.made(new BsonObjectId(ids.next())));
        assertFalse(ids.made(new BsonObjectId(new ObjectId("69200f1ca5c1d6e80e0000fe"))));
        assertFalse(ids.made(new BsonString("69200f1ca5c1d6e80f0000fe")));
    }

    @Test
    void random_isAnotherSequenceEachTime() {
        assertFalse(
                IdSequence.random().made(new BsonObjectId(IdSequence.random().next())));
    }

    @Test
    void from_givesEachDocumentTheIdOfTheOtherSequence_andLeavesOthersAlone() {
        byte[] body = "[{\"a\":1},{\"_id\":\"mine\"},{\"b\":{\"_id\":2}}]".getBytes(StandardCharsets.UTF_8);
        var ids = IdSequence.random();
        List<RawBsonDocument> documents = JsonReader.documents(body, 0, body.length, 1000, ids::next);

        List<RawBsonDocument> moved =
                documents.stream().map(each -> ids.from(FIRST, each)).toList();

        var others = new IdSequence(FIRST);
        assertEquals(JsonReader.documents(body, 0, body.length, 1000, others::next), moved);
        assertEquals(
                List.of("69200f1ca5c1d6e80f0000fe", "mine", "69200f1ca5c1d6e80f0000ff"),
                moved.stream().map(DocumentId::of).map(DocumentId::text).toList());
        assertSame(documents.get(1), moved.get(1));
    }
}
