package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;

class JsonReaderTest {
    @Test
    void integer_that_fits_becomes_an_int32() {
        byte[] text = "{\"a\":1}".getBytes(UTF_8);
        RawBsonDocument document = JsonReader.document(text, 0, text.length, ObjectId::new);
        assertEquals(1, document.getInt32("a").getValue());
    }
}
