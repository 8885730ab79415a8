package dev.martlet.local;

import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.wire.BsonConstants;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/// What the store keeps: a document as its BSON bytes. They never change, so that a reader shares nothing with a
/// writer.
final class BsonBytes {

    private BsonBytes() {}

    static byte[] encode(Document document) {
        ByteBuf buffer = Unpooled.buffer();
        BsonEncoder.encodeDocument(document, buffer);
        if (buffer.writerIndex() > BsonConstants.MAX_BSON_OBJECT_SIZE) {
            throw new MongoServerError(
                    10334,
                    "BSONObjectTooLarge",
                    "the document has " + buffer.writerIndex() + " bytes, the limit is "
                            + BsonConstants.MAX_BSON_OBJECT_SIZE);
        }
        return written(buffer);
    }

    static Document decode(byte[] bytes) {
        return BsonDecoder.decodeBson(Unpooled.wrappedBuffer(bytes));
    }

    private static byte[] written(ByteBuf buffer) {
        return Arrays.copyOf(buffer.array(), buffer.writerIndex());
    }

    /// The store's key: an `_id` of any BSON type, in [BsonOrder].
    static final class Key extends BasicDataType<Object> {

        static final Key INSTANCE = new Key();

        private Key() {}

        @Override
        public int compare(Object a, Object b) {
            return BsonOrder.ASCENDING.compare(a, b);
        }

        @Override
        public int getMemory(Object key) {
            return key instanceof String string ? 48 + 2 * string.length() : 64;
        }

        @Override
        public void write(WriteBuffer target, Object key) {
            ByteBuf buffer = Unpooled.buffer(16);
            byte type = BsonEncoder.determineType(key instanceof Missing ? null : key);
            buffer.writeByte(type);
            BsonEncoder.encodeValue(type, key, buffer);
            byte[] bytes = written(buffer);
            target.putVarInt(bytes.length).put(bytes);
        }

        @Override
        public Object read(ByteBuffer source) {
            byte[] bytes = new byte[DataUtils.readVarInt(source)];
            source.get(bytes);
            ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
            return Missing.ofNullable(BsonDecoder.decodeValue(buffer.readByte(), buffer));
        }

        @Override
        public Object[] createStorage(int size) {
            return new Object[size];
        }
    }
}
