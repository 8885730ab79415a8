package dev.martlet.local;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// MongoDB's messages: `OP_MSG`, and `OP_QUERY` with which a driver opens the conversation.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/">Wire protocol</a>
final class WireProtocol {

    private static final int HEADER_LENGTH = 16;
    private static final int MAX_LENGTH = 48_000_000;

    private static final int OP_REPLY = 1;
    private static final int OP_QUERY = 2004;
    private static final int OP_MSG = 2013;

    private static final int CHECKSUM_PRESENT = 1;
    private static final int MORE_TO_COME = 1 << 1;

    private WireProtocol() {}

    /// A request as it came: its length is known, its content is not looked at yet.
    record Request(int id, int opCode, ByteBuf body) {

        /// Whether the client expects an answer; with write concern 0 it does not.
        boolean wantsAnswer() {
            return opCode != OP_MSG || (body.getIntLE(0) & MORE_TO_COME) == 0;
        }

        /// @throws MongoServerError if it is not what the protocol says, or has BSON that the query engine cannot
        ///         hold: a key twice, a symbol, a binary of a rare subtype
        Document command() {
            try {
                return switch (opCode) {
                    case OP_MSG -> message(body.duplicate());
                    case OP_QUERY -> query(body.duplicate());
                    default -> throw new IllegalArgumentException("unsupported operation " + opCode);
                };
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new MongoServerError(22, "InvalidBSON", "cannot read the message: " + e.getMessage());
            }
        }

        /// @throws RuntimeException if the document has a value that is no BSON
        ByteBuf answer(Document document) {
            ByteBuf out = Unpooled.buffer(1024);
            out.writeIntLE(0).writeIntLE(0).writeIntLE(id).writeIntLE(opCode == OP_QUERY ? OP_REPLY : OP_MSG);
            if (opCode == OP_QUERY) {
                out.writeIntLE(0).writeLongLE(0).writeIntLE(0).writeIntLE(1); // flags, cursor, position, count
            } else {
                out.writeIntLE(0).writeByte(0); // flags, kind of section
            }
            BsonEncoder.encodeDocument(document, out);
            return out.setIntLE(0, out.writerIndex());
        }
    }

    /// The next request, or null at the end of the stream.
    static @Nullable Request read(InputStream in) throws IOException {
        byte[] header = in.readNBytes(HEADER_LENGTH);
        if (header.length < HEADER_LENGTH) {
            return null;
        }
        ByteBuf fields = Unpooled.wrappedBuffer(header);
        int length = fields.readIntLE();
        int id = fields.readIntLE();
        int opCode = fields.skipBytes(4).readIntLE();
        if (length < HEADER_LENGTH + 4 || length > MAX_LENGTH) {
            throw new IOException("a message of " + length + " bytes");
        }
        byte[] body = in.readNBytes(length - HEADER_LENGTH);
        return body.length < length - HEADER_LENGTH ? null : new Request(id, opCode, Unpooled.wrappedBuffer(body));
    }

    private static Document message(ByteBuf body) {
        int end = body.writerIndex() - ((body.readIntLE() & CHECKSUM_PRESENT) == 0 ? 0 : 4);
        Document command = new Document();
        while (body.readerIndex() < end) {
            if (body.readByte() == 0) {
                command.putAll(BsonDecoder.decodeBson(body));
                continue;
            }
            int sectionEnd = body.readerIndex() + body.getIntLE(body.readerIndex());
            String field = BsonDecoder.decodeCString(body.skipBytes(4));
            List<Document> documents = new ArrayList<>();
            while (body.readerIndex() < sectionEnd) {
                documents.add(BsonDecoder.decodeBson(body));
            }
            command.put(field, documents);
        }
        return command;
    }

    private static Document query(ByteBuf body) {
        String namespace = BsonDecoder.decodeCString(body.skipBytes(4));
        Document command = BsonDecoder.decodeBson(body.skipBytes(8));
        return command.append("$db", namespace.substring(0, namespace.indexOf('.')));
    }
}
