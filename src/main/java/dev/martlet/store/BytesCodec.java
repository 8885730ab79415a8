package dev.martlet.store;

import org.bson.AbstractBsonReader.State;
import org.bson.BsonBinaryReader;
import org.bson.BsonReader;
import org.bson.BsonWriter;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.RawBsonDocumentCodec;
import org.bson.io.BsonInput;
import org.bson.io.BsonInputMark;

/// Takes the bytes of a document from a reply, as they are.
///
/// The driver's own codec makes a writer and a growing buffer for each document. That was a sixth of the cost of a
/// listing.
final class BytesCodec implements Codec<RawBsonDocument> {

    private static final RawBsonDocumentCodec DRIVERS = new RawBsonDocumentCodec();

    @Override
    public RawBsonDocument decode(BsonReader reader, DecoderContext context) {
        if (!(reader instanceof BsonBinaryReader binary) || binary.getState() != State.VALUE) {
            return DRIVERS.decode(reader, context);
        }
        BsonInput input = binary.getBsonInput();
        BsonInputMark start = input.getMark(Integer.BYTES);
        byte[] bytes = new byte[input.readInt32()];
        start.reset();
        input.readBytes(bytes);
        start.reset();
        binary.skipValue();
        return new RawBsonDocument(bytes);
    }

    @Override
    public void encode(BsonWriter writer, RawBsonDocument document, EncoderContext context) {
        DRIVERS.encode(writer, document, context);
    }

    @Override
    public Class<RawBsonDocument> getEncoderClass() {
        return RawBsonDocument.class;
    }
}
