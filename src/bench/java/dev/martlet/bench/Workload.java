package dev.martlet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.json.JsonReader;
import java.util.Arrays;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// The document that every contender stores and reads: 236 bytes of JSON with all the usual kinds of values.
final class Workload {

    static final String JSON = """
            {"name":"Ada Lovelace","email":"ada.lovelace@example.org","age":36,"active":true,"balance":1234.56,\
            "tags":["mathematics","poetry"],"address":{"street":"12 St James's Square","city":"London","zip":"SW1Y 4JH"},\
            "since":"1843-09-01T00:00:00Z"}""";

    private static final int ID_AT = 4 + 1 + "_id".length() + 1;
    private static final byte[] BSON = bson();

    private Workload() {}

    private static byte[] bson() {
        byte[] json = JSON.getBytes(UTF_8);
        RawBsonDocument document = JsonReader.document(json, 0, json.length, ObjectId::new);
        return Arrays.copyOfRange(
                document.getBackingArray(),
                document.getByteOffset(),
                document.getByteOffset() + document.getByteLength());
    }

    /// The document with its own id. It is made as cheaply as possible, so that it does not slow the bare driver.
    static RawBsonDocument document(ObjectId id) {
        byte[] bytes = BSON.clone();
        System.arraycopy(id.toByteArray(), 0, bytes, ID_AT, 12);
        return new RawBsonDocument(bytes);
    }
}
