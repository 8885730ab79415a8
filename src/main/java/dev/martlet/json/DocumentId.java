package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Objects;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// The `_id` of a document. 24 hexadecimal digits in JSON and in a URL are an ObjectId in BSON. Any other text is a
/// string.
///
/// The digits are `0-9a-f`, as in the usual form of an ObjectId. A text with upper-case letters stays a string: an
/// ObjectId would come back in lower case, which is not what was sent.
public final class DocumentId {
    /// Keeps the place of an `_id` that is not known yet. Most ids are an ObjectId too, and have the same length.
    static final BsonValue PLACEHOLDER = new BsonObjectId(new ObjectId(new byte[12]));

    /// The longest text in UTF-8: an id is part of addresses, links and messages.
    public static final int MOST_BYTES = 1024;

    static final String NAME = "_id";
    private static final byte[] NAME_BYTES = {'_', 'i', 'd', 0};
    private static final int OBJECT_ID_BYTES = 12;
    private static final int OBJECT_ID_ELEMENT_BYTES = 1 + NAME_BYTES.length + OBJECT_ID_BYTES;
    private static final int HEX_DIGITS = 24;

    private DocumentId() {}

    /// The `_id` that `text` stands for.
    public static BsonValue parse(String text) {
        return isObjectId(text) ? new BsonObjectId(new ObjectId(text)) : new BsonString(text);
    }

    /// Whether it is too long for a new document.
    public static boolean isTooLong(BsonValue id) {
        // A char takes at most three bytes.
        return id.isString()
                && id.asString().getValue().length() > MOST_BYTES / 3
                && id.asString().getValue().getBytes(UTF_8).length > MOST_BYTES;
    }

    private static boolean isObjectId(String text) {
        return text.length() == HEX_DIGITS
                && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    /// The text of an `_id` in URLs and in messages: the inverse of [#parse(String)]. An `_id` of another type,
    /// from another client, is described.
    public static String text(BsonValue id) {
        return switch (id) {
            case BsonObjectId objectId -> objectId.getValue().toHexString();
            case BsonString string -> string.getValue();
            default -> id.toString();
        };
    }

    /// Whether [#parse(String)] finds it by its text. That is not so for another type, an empty text and a string
    /// of 24 hexadecimal digits: only another client can store these.
    public static boolean isText(BsonValue id) {
        return (id.isString() || id.isObjectId())
                && !text(id).isEmpty()
                && parse(text(id)).equals(id);
    }

    /// The `_id` of a stored document. Another client can have given it any type. MongoDB stores no document
    /// without one.
    public static BsonValue of(RawBsonDocument document) {
        return Objects.requireNonNull(document.get(NAME));
    }

    /// The given document with another ObjectId in place of its own. The document is as [JsonReader] makes it, with
    /// an ObjectId as its `_id`.
    public static RawBsonDocument replaced(RawBsonDocument document, ObjectId id) {
        byte[] bson = Arrays.copyOfRange(
                document.getBackingArray(),
                document.getByteOffset(),
                document.getByteOffset() + document.getByteLength());
        System.arraycopy(id.toByteArray(), 0, bson, Integer.BYTES + 1 + NAME_BYTES.length, OBJECT_ID_BYTES);
        return new RawBsonDocument(bson);
    }

    /// Writes the element with this `_id`.
    static void write(BsonValue id, BsonBuffer out) {
        out.int8(id.isObjectId() ? Bson.OBJECT_ID : Bson.STRING);
        out.copy(NAME_BYTES, 0, NAME_BYTES.length);
        if (id.isObjectId()) {
            out.copy(id.asObjectId().getValue().toByteArray(), 0, OBJECT_ID_BYTES);
        } else {
            byte[] text = id.asString().getValue().getBytes(UTF_8);
            int lengthAt = out.beginLength();
            out.copy(text, 0, text.length);
            out.endString(lengthAt);
        }
    }

    /// Writes the element in place of [#PLACEHOLDER] at `at`.
    static void overwritePlaceholder(BsonValue id, BsonBuffer out, int at) {
        if (id.isObjectId()) {
            int end = out.size();
            out.truncate(at);
            write(id, out);
            out.truncate(end);
        } else {
            BsonBuffer element = new BsonBuffer(64);
            write(id, element);
            out.replace(at, OBJECT_ID_ELEMENT_BYTES, element);
        }
    }
}
