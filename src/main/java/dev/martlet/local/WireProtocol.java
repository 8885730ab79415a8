package dev.martlet.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bson.BsonDocument;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.io.BasicOutputBuffer;
import org.jspecify.annotations.Nullable;

/// MongoDB's messages: `OP_MSG`, and `OP_QUERY`, with which a driver opens the conversation.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/">Wire protocol</a>
final class WireProtocol {

    static final int MAX_LENGTH = 48_000_000;

    private static final int HEADER_LENGTH = 16;

    private static final int OP_REPLY = 1;
    private static final int OP_QUERY = 2004;
    private static final int OP_MSG = 2013;

    private static final int CHECKSUM_PRESENT = 1;
    private static final int MORE_TO_COME = 1 << 1;

    private WireProtocol() {}

    /// A request as it came. Its length is known, and its content is not parsed yet.
    record Request(int id, int opCode, ByteBuffer body) {

        /// Whether the client expects an answer. With write concern 0 it does not.
        boolean wantsAnswer() {
            return opCode != OP_MSG || (body.getInt(0) & MORE_TO_COME) == 0;
        }

        /// @throws CommandFailure if it violates the protocol
        Command command() {
            try {
                return switch (opCode) {
                    case OP_MSG -> message(body);
                    case OP_QUERY -> query(body);
                    default -> throw new IllegalArgumentException("unsupported operation " + opCode);
                };
            } catch (IllegalArgumentException | IndexOutOfBoundsException | BsonSerializationException e) {
                throw new CommandFailure(22, "InvalidBSON", "cannot read the message: " + e.getMessage());
            }
        }

        BasicOutputBuffer answer(BsonDocument document) {
            var out = new BasicOutputBuffer(1024);
            out.writeInt32(0);
            out.writeInt32(0);
            out.writeInt32(id);
            out.writeInt32(opCode == OP_QUERY ? OP_REPLY : OP_MSG);
            out.writeInt32(0); // flags
            if (opCode == OP_QUERY) {
                out.writeInt64(0); // cursor
                out.writeInt32(0); // position
                out.writeInt32(1); // count
            } else {
                out.writeByte(0); // kind of section
            }
            Documents.write(document, out);
            out.writeInt32(0, out.getPosition());
            return out;
        }
    }

    /// What comes first of a request: how long it is, itself included.
    record Header(int length, int id, int opCode) {

        /// The request, or null if the stream ends before it does.
        @Nullable
        Request read(InputStream in) throws IOException {
            byte[] body = in.readNBytes(length - HEADER_LENGTH);
            return body.length < length - HEADER_LENGTH ? null : new Request(id, opCode, fields(body));
        }
    }

    /// The header of the next request, or null at the end of the stream.
    static @Nullable Header header(InputStream in) throws IOException {
        byte[] header = in.readNBytes(HEADER_LENGTH);
        if (header.length < HEADER_LENGTH) {
            return null;
        }
        ByteBuffer fields = fields(header);
        int length = fields.getInt(0);
        if (length < HEADER_LENGTH + 5 || length > MAX_LENGTH) {
            throw new IOException("a message of " + length + " bytes");
        }
        return new Header(length, fields.getInt(4), fields.getInt(12));
    }

    private static ByteBuffer fields(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static Command message(ByteBuffer body) {
        int flags = body.getInt();
        int end = body.limit() - ((flags & CHECKSUM_PRESENT) == 0 ? 0 : Integer.BYTES);
        RawBsonDocument command = null;
        Map<String, List<RawBsonDocument>> sequences = new HashMap<>();
        while (body.position() < end) {
            if (body.get() == 0) {
                command = document(body, end);
                continue;
            }
            int sectionEnd = body.position() + body.getInt(body.position());
            body.position(body.position() + Integer.BYTES);
            String field = name(body);
            List<RawBsonDocument> documents = new ArrayList<>();
            while (body.position() < sectionEnd) {
                documents.add(document(body, sectionEnd));
            }
            sequences.put(field, documents);
        }
        if (command == null || command.isEmpty()) {
            throw new IllegalArgumentException("it has no command");
        }
        return new Command(command, sequences);
    }

    private static RawBsonDocument document(ByteBuffer body, int end) {
        int start = body.position();
        int length = body.getInt(start);
        if (length < 5 || length > end - start || body.get(start + length - 1) != 0) {
            throw new IllegalArgumentException("the length of a document is wrong");
        }
        body.position(start + length);
        return new RawBsonDocument(body.array(), body.arrayOffset() + start, length);
    }

    private static String name(ByteBuffer body) {
        int start = body.position();
        while (body.get() != 0) {}
        return new String(
                body.array(), body.arrayOffset() + start, body.position() - 1 - start, StandardCharsets.UTF_8);
    }

    private static Command query(ByteBuffer body) {
        body.position(Integer.BYTES);
        String namespace = name(body);
        body.position(body.position() + 2 * Integer.BYTES);
        BsonDocument command = Documents.decoded(document(body, body.limit())).asDocument();
        command.append("$db", new BsonString(namespace.substring(0, Math.max(0, namespace.indexOf('.')))));
        return new Command(Documents.raw(command), Map.of());
    }
}
