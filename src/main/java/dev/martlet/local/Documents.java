package dev.martlet.local;

import java.nio.ByteBuffer;
import org.bson.BsonArray;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/// Documents as bytes, and as decoded values.
///
/// A document that is stored or searched stays bytes. A megabyte of empty documents would take a hundred as
/// objects.
final class Documents {

    private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();

    private Documents() {}

    static RawBsonDocument raw(BsonDocument document) {
        return document instanceof RawBsonDocument raw ? raw : new RawBsonDocument(encoded(document));
    }

    static byte[] encoded(BsonDocument document) {
        try (var buffer = new BasicOutputBuffer()) {
            write(document, buffer);
            return buffer.toByteArray();
        }
    }

    static void write(BsonDocument document, BasicOutputBuffer buffer) {
        CODEC.encode(
                new BsonBinaryWriter(buffer), document, EncoderContext.builder().build());
    }

    /// The bytes of a document alone. A part shares its bytes with the whole.
    static byte[] bytes(RawBsonDocument document) {
        ByteBuffer buffer = document.getByteBuffer().asNIO();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /// A value in decoded form, because it is read often.
    static BsonValue decoded(BsonValue value) {
        return switch (value) {
            case RawBsonDocument document ->
                CODEC.decode(
                        new BsonBinaryReader(document.getByteBuffer().asNIO()),
                        DecoderContext.builder().build());
            case BsonArray array -> {
                var decoded = new BsonArray();
                array.forEach(each -> decoded.add(decoded(each)));
                yield decoded;
            }
            default -> value;
        };
    }

    /// A copy of the value. The value itself would keep the document around it in memory.
    static BsonValue detached(BsonValue value) {
        return value instanceof RawBsonDocument document ? new RawBsonDocument(bytes(document)) : decoded(value);
    }

    /// Roughly what a value takes in memory.
    static int memory(BsonValue value) {
        return switch (value) {
            case RawBsonDocument document -> 64 + document.getByteLength();
            case BsonDocument document ->
                64
                        + document.values().stream()
                                .mapToInt(each -> 64 + memory(each))
                                .sum();
            case BsonArray array ->
                64 + array.stream().mapToInt(each -> 8 + memory(each)).sum();
            case BsonString string -> 64 + 2 * string.getValue().length();
            default -> 40;
        };
    }

    /// A document as it is, an array as a document with indexes as names, anything else as it is.
    static BsonValue asDocument(BsonValue value) {
        if (value instanceof BsonArray array) {
            var places = new BsonDocument();
            for (BsonValue element : array) {
                places.append(Integer.toString(places.size()), element);
            }
            return raw(places);
        }
        return value instanceof BsonDocument document ? raw(document) : value;
    }

    /// Whether the two have the same bytes. For large documents this is the quickest way to find that they are
    /// equal.
    static boolean sameBytes(BsonValue a, BsonValue b) {
        return a instanceof RawBsonDocument x
                && b instanceof RawBsonDocument y
                && x.getByteLength() == y.getByteLength()
                && x.getByteBuffer().asNIO().equals(y.getByteBuffer().asNIO());
    }
}
