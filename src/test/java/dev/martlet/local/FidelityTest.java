package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.mongodb.MongoWriteException;
import com.mongodb.client.model.Filters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bson.BsonBinary;
import org.bson.BsonBinarySubType;
import org.bson.BsonDateTime;
import org.bson.BsonJavaScript;
import org.bson.BsonMinKey;
import org.bson.BsonRegularExpression;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.DocumentCodec;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.bson.types.Symbol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What goes in comes out, byte for byte.
class FidelityTest {

    @TempDir
    Path folder;

    static Stream<Document> documents() {
        return Stream.of(
                        new Document("int32", 1)
                                .append("int64", 1L)
                                .append("double", 1.0)
                                .append("max", Long.MAX_VALUE),
                        new Document("zero", 0.0)
                                .append("minus zero", -0.0)
                                .append("nan", Double.NaN)
                                .append("tiny", 4.9e-324),
                        new Document("decimal", Decimal128.parse("1.10"))
                                .append("zeros", Decimal128.parse("1.1000"))
                                .append("huge", Decimal128.parse("9.999999999999999999999999999999999E+6144"))
                                .append("minus zero", Decimal128.parse("-0E-6176")),
                        new Document("z", 1)
                                .append("a", new Document("z", 1).append("b", 2).append("a", 3))
                                .append("m", 2),
                        new Document("nul", "a\0b")
                                .append("emoji", "\uD83D\uDE00")
                                .append("empty", "")
                                .append("", "no name"),
                        new Document("a.b", 1).append("a", new Document("b.c.", 2).append("$x", 3)),
                        new Document("a", new Document("$date", "x")).append("b", new Document("$oid", "y")),
                        new Document("a", List.of(new Document("$ref", 1), List.of(List.of(), new Document()), "$b")),
                        new Document("null", null)
                                .append("true", true)
                                .append("date", new BsonDateTime(-1))
                                .append("id", new ObjectId()),
                        new Document(
                                        "binary",
                                        new BsonBinary(
                                                BsonBinarySubType.MD5,
                                                "0123456789abcdef".getBytes(StandardCharsets.US_ASCII)))
                                .append("symbol", new Symbol("a"))
                                .append("code", new BsonJavaScript("1"))
                                .append("min", new BsonMinKey())
                                .append("pattern", new BsonRegularExpression("a", "i")),
                        new Document("deep", nested(98)),
                        new Document("big", "x".repeat(16 * 1024 * 1024 - 64)))
                .map(fields -> {
                    var document = new Document("_id", "id");
                    document.putAll(fields);
                    return document;
                });
    }

    private static Document nested(int levels) {
        var document = new Document("leaf", 1);
        for (int i = 0; i < levels; i++) {
            document = new Document("a", document);
        }
        return document;
    }

    @ParameterizedTest
    @MethodSource("documents")
    void insertedDocument_comesBackAfterRestart(Document document) throws Exception {
        RawBsonDocument raw = new RawBsonDocument(document, new DocumentCodec());
        try (var database = new TestDatabase(folder)) {
            database.collection(RawBsonDocument.class).insertOne(raw);
        }
        assertStored(raw);
    }

    @ParameterizedTest
    @MethodSource("documents")
    void replacement_comesBackAfterRestart(Document document) throws Exception {
        RawBsonDocument raw = new RawBsonDocument(document, new DocumentCodec());
        try (var database = new TestDatabase(folder)) {
            database.collection()
                    .insertOne(new Document("_id", "id")
                            .append("m", 0)
                            .append("a", 0)
                            .append("z", 0));
            database.collection(RawBsonDocument.class).replaceOne(Filters.eq("id"), raw);
        }
        assertStored(raw);
    }

    private void assertStored(RawBsonDocument expected) throws Exception {
        try (var database = new TestDatabase(folder)) {
            List<RawBsonDocument> found =
                    database.collection(RawBsonDocument.class).find().into(new ArrayList<>());
            assertEquals(1, found.size());
            assertArrayEquals(bytes(expected), bytes(found.getFirst()));
        }
    }

    private static byte[] bytes(RawBsonDocument document) {
        byte[] bytes = new byte[document.getByteBuffer().remaining()];
        document.getByteBuffer().get(bytes);
        return bytes;
    }

    @Test
    void documentBeyondLimit_isRefused() throws Exception {
        try (var database = new TestDatabase(folder)) {
            var document = new Document("_id", 1).append("text", "x".repeat(16 * 1024 * 1024 - 100));
            database.collection().insertOne(document);
            assertThrows(MongoWriteException.class, () -> database.collection()
                    .updateOne(Filters.eq(1), new Document("$set", new Document("more", "x".repeat(200)))));
            assertEquals(document, database.collection().find().first());
        }
    }
}
