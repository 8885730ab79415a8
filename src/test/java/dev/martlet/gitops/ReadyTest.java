package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.martlet.local.EmbeddedDatabase;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The readiness probe of a MongoDB member, which speaks the wire protocol by hand.
class ReadyTest {

    private static final Path READY = Manifests.GITOPS.resolve("base/mongo/scripts/ready");

    @BeforeEach
    void bashIsThere() {
        assumeTrue(Tool.BASH.present(), Tool.BASH.absence());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            0 | {"isWritablePrimary": true,  "setName": "rs0", "secondary": false, "ok": 1.0}
            0 | {"isWritablePrimary": false, "setName": "rs0", "secondary": true, "ok": 1.0}
            1 | {"isWritablePrimary": false, "setName": "rs0", "secondary": false, "ok": 1.0}
            1 | {"isWritablePrimary": true, "ok": 1.0}
            1 | {"isWritablePrimary": false, "secondary": false, "isreplicaset": true, "ok": 1.0}
            """)
    void member_isReadyAsPrimaryOrSecondaryOfASet(int status, String answer) throws Exception {
        try (var member = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var question = Thread.ofVirtual().start(() -> answerOnce(member, BsonDocument.parse(answer)));
            assertEquals(status, ready(member.getLocalPort()).status());
            question.join();
        }
    }

    /// What `gitops/drill` asks of a member, in place of a mongosh that would cost it 131 MB.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            0 | mongo-2.mongo.martlet.svc.cluster.local:27017 | {"secondary": true, "primary": "mongo-2.mongo.martlet.svc.cluster.local:27017", "me": "mongo-0", "setName": "rs0"}
            1 | no primary is known                           | {"secondary": true, "setName": "rs0"}
            """)
    void primary_isNamed(int status, String said, String answer) throws Exception {
        try (var member = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var question = Thread.ofVirtual().start(() -> answerOnce(member, BsonDocument.parse(answer)));
            var result = ready(member.getLocalPort(), "primary");
            assertEquals(status + " " + said + "\n", result.status() + " " + result.output());
            question.join();
        }
    }

    /// A real server that understands the question, and belongs to no set.
    @Test
    void standaloneServer_isNotReady(@TempDir Path folder) throws IOException {
        try (var database = EmbeddedDatabase.open(folder)) {
            var result = ready(URI.create(database.uri()).getPort());
            assertEquals("1 ", result.status() + " " + result.output());
        }
    }

    @Test
    void closedPort_isNotReady() throws IOException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        assertNotEquals(0, ready(port).status());
    }

    private static Tool.Result ready(int port, Object... arguments) {
        var command = Stream.concat(Stream.of(READY), Stream.of(arguments));
        return Tool.BASH.run(Map.of("MONGO_PORT", Integer.toString(port)), command.toArray());
    }

    /// Reads an OP_MSG, demands that it asks `hello`, and answers.
    private static void answerOnce(ServerSocket member, BsonDocument answer) {
        try (var socket = member.accept()) {
            var in = new DataInputStream(socket.getInputStream());
            var length = Integer.reverseBytes(in.readInt());
            var message = in.readNBytes(length - 4);
            var question = new RawBsonDocument(message, 17, message.length - 17).decode(new BsonDocumentCodec());
            assertEquals(BsonDocument.parse("{\"hello\": 1, \"$db\": \"admin\"}"), question);

            var body = new RawBsonDocument(answer, new BsonDocumentCodec())
                    .getByteBuffer()
                    .asNIO();
            var reply = ByteBuffer.allocate(21 + body.remaining()).order(ByteOrder.LITTLE_ENDIAN);
            reply.putInt(reply.capacity())
                    .putInt(2)
                    .putInt(1)
                    .putInt(2013)
                    .putInt(0)
                    .put((byte) 0)
                    .put(body);
            socket.getOutputStream().write(reply.array());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
