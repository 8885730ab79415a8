package dev.martlet.store;

import org.bson.BsonDocument;
import org.bson.BsonDocumentWrapper;
import org.bson.BsonWriter;
import org.bson.codecs.Encoder;
import org.bson.codecs.EncoderContext;

/// Knows whether a command has reached a connection: writing its write concern there is the sign.
final class Sent implements Encoder<Sent> {
    private final int attempt;
    private boolean sent;

    /// @param attempt which try of the command this is
    Sent(int attempt) {
        this.attempt = attempt;
    }

    int attempt() {
        return attempt;
    }

    BsonDocument concern() {
        return new BsonDocumentWrapper<>(this, this);
    }

    @Override
    public void encode(BsonWriter writer, Sent self, EncoderContext context) {
        sent = true;
        writer.writeStartDocument();
        writer.writeString("w", "majority");
        writer.writeEndDocument();
    }

    @Override
    public Class<Sent> getEncoderClass() {
        return Sent.class;
    }

    /// For a command without a write concern.
    void assume() {
        sent = true;
    }

    boolean maybe() {
        return sent;
    }
}
