package dev.martlet.faults;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Function;
import org.bson.BsonArray;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DocumentCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/// Only the wire protocol of MongoDB. The test decides the answers.
///
/// ```java
/// new ScriptedDatabase(ScriptedDatabase.RECENT, command -> failure(13, "Unauthorized", "not authorized"))
/// ```
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/">Wire protocol</a>
final class ScriptedDatabase implements AutoCloseable {

    /// What MongoDB 7.0 says.
    static final int RECENT = 21;

    private static final int OP_REPLY = 1;
    private static final int OP_QUERY = 2004;
    private static final int OP_MSG = 2013;
    private static final int SEQUENCE = 1;

    private final ServerSocket server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    private final int wireVersion;
    private final Function<BsonDocument, Document> answers;

    /// @param wireVersion the version that it reports
    /// @param answers     the answer to each command except the greeting; many threads call it at once
    ScriptedDatabase(int wireVersion, Function<BsonDocument, Document> answers) throws IOException {
        this.wireVersion = wireVersion;
        this.answers = answers;
        Thread.startVirtualThread(() -> {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    Thread.startVirtualThread(() -> serve(client));
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    String uri() {
        return "mongodb://127.0.0.1:" + server.getLocalPort() + "/?directConnection=true";
    }

    static Document failure(int code, String name, String message) {
        return new Document("ok", 0)
                .append("code", code)
                .append("codeName", name)
                .append("errmsg", message);
    }

    /// The answer to a `find`.
    static Document found(Document... documents) {
        return new Document("ok", 1)
                .append(
                        "cursor",
                        new Document("id", 0L).append("ns", "martlet.data").append("firstBatch", List.of(documents)));
    }

    private void serve(Socket client) {
        try (client) {
            var in = new DataInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            while (true) {
                int length = Integer.reverseBytes(in.readInt());
                ByteBuffer message = ByteBuffer.wrap(in.readNBytes(length - 4)).order(ByteOrder.LITTLE_ENDIAN);
                int id = message.getInt(0);
                int opCode = message.getInt(8);
                out.write(message(id, opCode, answer(command(message, opCode))));
            }
        } catch (EOFException e) {
            // The driver has left.
        } catch (IOException e) {
            // It was shut out.
        }
    }

    /// The command with its `documents`, which the driver sends in a section of their own.
    private static BsonDocument command(ByteBuffer message, int opCode) {
        int at = 12 + 4 + 1;
        if (opCode == OP_QUERY) {
            at = 12 + 4;
            while (message.get(at++) != 0) {
                // The name of the collection.
            }
            at += 8;
        }
        BsonDocument command = document(message, at).decode(new BsonDocumentCodec());
        at += message.getInt(at);
        if (opCode == OP_MSG && at < message.limit() && message.get(at) == SEQUENCE) {
            int end = at + 1 + message.getInt(at + 1);
            var documents = new BsonArray();
            for (at += 1 + 4 + "documents".length() + 1; at < end; at += message.getInt(at)) {
                documents.add(document(message, at));
            }
            command.append("documents", documents);
        }
        return command;
    }

    private static RawBsonDocument document(ByteBuffer message, int at) {
        return new RawBsonDocument(message.array(), message.arrayOffset() + at, message.getInt(at));
    }

    private Document answer(BsonDocument command) {
        return switch (command.getFirstKey()) {
            case "hello", "isMaster", "ismaster" ->
                new Document("ok", 1)
                        .append("ismaster", true)
                        .append("helloOk", true)
                        .append("minWireVersion", 0)
                        .append("maxWireVersion", wireVersion)
                        .append("maxBsonObjectSize", 16 << 20)
                        .append("maxMessageSizeBytes", 48_000_000)
                        .append("maxWriteBatchSize", 100_000);
            default -> answers.apply(command);
        };
    }

    private static byte[] message(int id, int opCode, Document answer) {
        var bson = new BasicOutputBuffer();
        new DocumentCodec()
                .encode(
                        new BsonBinaryWriter(bson),
                        answer,
                        EncoderContext.builder().build());
        byte[] document = bson.toByteArray();
        int extra = opCode == OP_QUERY ? 20 : 5;
        ByteBuffer out = ByteBuffer.allocate(16 + extra + document.length).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(out.capacity()).putInt(0).putInt(id).putInt(opCode == OP_QUERY ? OP_REPLY : OP_MSG);
        // Flags, cursor, position and count; or flags and the kind of section.
        if (opCode == OP_QUERY) {
            out.putInt(8).putLong(0).putInt(0).putInt(1);
        } else {
            out.putInt(0).put((byte) 0);
        }
        return out.put(document).array();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
