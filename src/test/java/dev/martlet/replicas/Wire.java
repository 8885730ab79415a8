package dev.martlet.replicas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonArray;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.jspecify.annotations.Nullable;

/// `OP_MSG`, and `OP_QUERY` with which a driver opens the conversation.
///
/// @see <a href="https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md">OP_MSG</a>
final class Wire {

    private static final int OP_REPLY = 1;
    private static final int OP_QUERY = 2004;
    private static final int OP_MSG = 2013;
    private static final int HEADER = 16;
    private static final int MORE_TO_COME = 1 << 1;
    private static final int EXHAUST_ALLOWED = 1 << 16;
    private static final AtomicInteger IDS = new AtomicInteger();

    private Wire() {}

    /// @param exhaust whether the client takes more than one answer to it
    record Message(int id, boolean query, boolean exhaust, BsonDocument command) {}

    /// The next message, or `null` when the client has left.
    static @Nullable Message read(DataInputStream in) throws IOException {
        try {
            int length = Integer.reverseBytes(in.readInt());
            byte[] bytes = new byte[length];
            in.readFully(bytes, 4, length - 4);
            ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            int id = message.getInt(4);
            return message.getInt(12) == OP_QUERY
                    ? new Message(id, true, false, query(message))
                    : new Message(id, false, (message.getInt(HEADER) & EXHAUST_ALLOWED) != 0, message(message));
        } catch (EOFException e) {
            return null;
        }
    }

    private static BsonDocument query(ByteBuffer message) {
        int at = HEADER + 4;
        while (message.get(at) != 0) {
            at++;
        }
        return document(message, at + 9).decode(new BsonDocumentCodec()).append("$db", new BsonString("admin"));
    }

    private static BsonDocument message(ByteBuffer message) {
        int at = HEADER + 4;
        BsonDocument command = new BsonDocument();
        while (at < message.limit()) {
            int kind = message.get(at++);
            if (kind == 0) {
                document(message, at).decode(new BsonDocumentCodec()).forEach(command::append);
                at += message.getInt(at);
                continue;
            }
            int end = at + message.getInt(at);
            int name = at + 4;
            for (at = name; message.get(at) != 0; at++) {
                // The name of the member that the sequence belongs to.
            }
            String field = UTF_8.decode(message.slice(name, at - name)).toString();
            var documents = new BsonArray();
            for (at++; at < end; at += message.getInt(at)) {
                documents.add(document(message, at));
            }
            command.append(field, documents);
        }
        return command;
    }

    /// A copy, so that a small document does not hold a large message.
    private static RawBsonDocument document(ByteBuffer message, int at) {
        byte[] bytes = new byte[message.getInt(at)];
        message.get(at, bytes);
        return new RawBsonDocument(bytes);
    }

    /// Writes one answer.
    ///
    /// @param to   what it answers: the question, or the answer before it
    /// @param more whether another answer follows without a question
    /// @return its id
    static int write(OutputStream out, int to, boolean query, boolean more, BsonDocument answer) throws IOException {
        byte[] document = bytes(answer);
        int extra = query ? 20 : 5;
        int id = IDS.incrementAndGet();
        ByteBuffer head = ByteBuffer.allocate(HEADER + extra).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(HEADER + extra + document.length).putInt(id).putInt(to).putInt(query ? OP_REPLY : OP_MSG);
        if (query) {
            head.putInt(8).putLong(0).putInt(0).putInt(1);
        } else {
            head.putInt(more ? MORE_TO_COME : 0).put((byte) 0);
        }
        byte[] bytes = Arrays.copyOf(head.array(), HEADER + extra + document.length);
        System.arraycopy(document, 0, bytes, HEADER + extra, document.length);
        out.write(bytes);
        return id;
    }

    private static byte[] bytes(BsonDocument document) {
        var bson = new BasicOutputBuffer();
        new BsonDocumentCodec()
                .encode(
                        new BsonBinaryWriter(bson),
                        document,
                        EncoderContext.builder().build());
        return bson.toByteArray();
    }

    /// The document as bytes of its own, which nobody changes.
    static RawBsonDocument raw(BsonDocument document) {
        return document instanceof RawBsonDocument raw && raw.getByteLength() == raw.getBackingArray().length
                ? raw
                : new RawBsonDocument(bytes(document));
    }
}
