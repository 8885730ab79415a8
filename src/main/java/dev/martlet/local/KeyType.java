package dev.martlet.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/// The keys of a map of the store: an `_id` of any BSON type, in [ValueOrder].
///
/// The keys of a page have a common checksum. A damaged key would mislead a search, which would then miss
/// documents.
final class KeyType extends BasicDataType<BsonValue> {

    static final KeyType INSTANCE = new KeyType();

    /// The bytes of a document with one nameless member, besides the value: length, type and name before it, a zero
    /// after it.
    private static final int BEFORE_VALUE = 6;

    private KeyType() {}

    @Override
    public int compare(BsonValue a, BsonValue b) {
        return ValueOrder.ASCENDING.compare(a, b);
    }

    @Override
    public int getMemory(BsonValue key) {
        return key instanceof BsonString string ? 64 + 2 * string.getValue().length() : 64;
    }

    @Override
    public void write(WriteBuffer buffer, Object keys, int count) {
        int start = buffer.position();
        super.write(buffer, keys, count);
        buffer.putInt(checksum(buffer.getBuffer().duplicate().flip().position(start)));
    }

    @Override
    public void read(ByteBuffer buffer, Object keys, int count) {
        int start = buffer.position();
        super.read(buffer, keys, count);
        ByteBuffer read = buffer.duplicate().flip().position(start);
        if (buffer.getInt() != checksum(read)) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_FILE_CORRUPT, "the checksum of the keys is wrong");
        }
    }

    private static int checksum(ByteBuffer bytes) {
        var checksum = new CRC32C();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    @Override
    public void write(WriteBuffer buffer, BsonValue key) {
        if (key instanceof BsonObjectId id) {
            buffer.putVarInt(13)
                    .put((byte) BsonType.OBJECT_ID.getValue())
                    .put(id.getValue().toByteArray());
            return;
        }
        if (key instanceof BsonTimestamp time) {
            buffer.putVarInt(1 + Long.BYTES)
                    .put((byte) BsonType.TIMESTAMP.getValue())
                    .putLong(Long.reverseBytes(time.getValue()));
            return;
        }
        byte[] document = Documents.encoded(new BsonDocument("", key));
        buffer.putVarInt(document.length - BEFORE_VALUE)
                .put(document[4])
                .put(Arrays.copyOfRange(document, BEFORE_VALUE, document.length - 1));
    }

    @Override
    public BsonValue read(ByteBuffer buffer) {
        int length = DataUtils.readVarInt(buffer);
        if (length < 1 || length > buffer.remaining()) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_FILE_CORRUPT, "the length of a key is wrong");
        }
        byte type = buffer.get();
        byte[] value = new byte[length - 1];
        buffer.get(value);
        if (type == BsonType.OBJECT_ID.getValue() && value.length == 12) {
            return new BsonObjectId(new ObjectId(value));
        }
        if (type == BsonType.TIMESTAMP.getValue() && value.length == Long.BYTES) {
            return new BsonTimestamp(
                    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong());
        }
        byte[] document = ByteBuffer.allocate(length + BEFORE_VALUE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length + BEFORE_VALUE)
                .put(type)
                .put((byte) 0)
                .put(value)
                .array();
        return Objects.requireNonNull(
                Documents.decoded(new RawBsonDocument(document)).asDocument().get(""));
    }

    @Override
    public BsonValue[] createStorage(int size) {
        return new BsonValue[size];
    }
}
