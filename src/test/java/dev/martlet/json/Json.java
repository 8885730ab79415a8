package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.martlet.json.JsonRefusedException.Reason;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.bson.types.ObjectId;

/// Short names for what every test here does.
final class Json {
    static final ObjectId ID = new ObjectId("507f1f77bcf86cd799439011");

    private Json() {}

    static RawBsonDocument document(String json) {
        return document(json.getBytes(UTF_8));
    }

    static RawBsonDocument document(byte[] json) {
        return JsonReader.document(json, 0, json.length, () -> ID);
    }

    static JsonRefusedException refusal(String json) {
        return refusal(json.getBytes(UTF_8));
    }

    static JsonRefusedException refusal(byte[] json) {
        return assertThrows(JsonRefusedException.class, () -> document(json));
    }

    /// The reason, the byte offset and the message of a refusal, in one line.
    static String refused(String json) {
        return line(refusal(json));
    }

    static String line(JsonRefusedException e) {
        return e.position().map(p -> e.reason() + " " + p.offset() + ": ").orElse(e.reason() + ": ") + e.getMessage();
    }

    static boolean malformed(byte[] json) {
        return refusal(json).reason() == Reason.MALFORMED;
    }

    static String write(BsonDocument document) {
        JsonWriter writer = new JsonWriter();
        writer.document(raw(document));
        return new String(writer.toByteArray(), UTF_8);
    }

    static RawBsonDocument raw(BsonDocument document) {
        return document instanceof RawBsonDocument raw ? raw : new RawBsonDocument(document, new BsonDocumentCodec());
    }

    /// The document in the driver's own canonical Extended JSON, which shows every type.
    static String canonical(RawBsonDocument document) {
        return document.toJson(
                JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build());
    }
}
