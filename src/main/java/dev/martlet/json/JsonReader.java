package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.json.JsonToBson.TopLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.types.ObjectId;

/// Reads JSON into BSON with exactly the same value, or refuses it.
///
/// ```java
/// byte[] body = "{\"name\":\"Ada\",\"age\":36}".getBytes(UTF_8);
/// RawBsonDocument document = JsonReader.document(body, 0, body.length, ObjectId::new);
/// ```
///
/// The text is JSON by RFC 8259 in UTF-8 without a byte order mark; anything else is
/// [MALFORMED][JsonRefusedException.Reason#MALFORMED]. Valid JSON is
/// [UNSTORABLE][JsonRefusedException.Reason#UNSTORABLE] when
///
/// - the outermost value is not an object, or objects and arrays are nested more than 100 deep;
/// - a name appears twice in one object, contains U+0000, or begins with `$` in the outermost object of a document
///   or patch;
/// - an escape is half of a surrogate pair;
/// - no BSON type holds a number exactly: int32, int64, double and Decimal128 are tried in this order;
/// - `_id` is not a string, is empty, or differs from the one in the address;
/// - the document takes more than 16 MiB as BSON.
///
/// A text with several faults is refused for the first one. Only bad UTF-8 comes before all others, wherever it is.
/// `$` further inside and dots in names are kept. So are objects that look like Extended JSON.
public final class JsonReader {
    /// How many documents one array may hold. `{},` has 3 bytes of JSON, and takes more than 100 bytes of memory.
    public static final int MAX_DOCUMENTS = 100_000;
    /// How much BSON they may take together: `1,` inside an array takes up to 13 bytes. MongoDB takes as much in
    /// one message.
    public static final int MAX_DOCUMENTS_BYTES = 48_000_000;

    private static final String TOO_MUCH = "the array has more than %s: send it in parts, or as application/x-ndjson";

    private JsonReader() {}

    /// Reads one document. Its `_id` is the one in the text, or `idIfAbsent` if there is none.
    ///
    /// @throws JsonRefusedException when the text is not JSON, or cannot be stored exactly
    public static RawBsonDocument document(byte[] utf8, int offset, int length, Supplier<ObjectId> idIfAbsent) {
        return read(utf8, offset, length, TopLevel.DOCUMENT, json -> json.document(idIfAbsent));
    }

    /// Reads one document whose address gives its `_id`. The text may repeat it, but not contradict it.
    ///
    /// @param id an ObjectId or a string, see [DocumentId#parse(String)]
    /// @throws JsonRefusedException when the text is not JSON, or cannot be stored exactly
    public static RawBsonDocument document(byte[] utf8, int offset, int length, BsonValue id) {
        return read(utf8, offset, length, TopLevel.DOCUMENT, json -> json.document(id));
    }

    /// Reads an array of documents. If one is refused, all are refused, and the message has its index.
    ///
    /// @param mostBytes of the text of one document
    /// @throws JsonRefusedException when the text is not JSON, or an element is longer or cannot be stored exactly
    public static List<RawBsonDocument> documents(
            byte[] utf8, int offset, int length, int mostBytes, Supplier<ObjectId> idIfAbsent) {
        JsonTokens tokens = new JsonTokens(utf8, offset, length);
        BsonBuffer out = new BsonBuffer(1024);
        JsonToBson element = new JsonToBson(tokens, out, TopLevel.DOCUMENT);
        List<RawBsonDocument> documents = new ArrayList<>();
        long total = 0;
        tokens.expect('[', "to begin an array");
        if (tokens.peek() == ']') {
            tokens.skip();
        } else {
            do {
                if (documents.size() == MAX_DOCUMENTS) {
                    throw tokens.unstorable(TOO_MUCH.formatted(MAX_DOCUMENTS + " documents"), tokens.at());
                }
                out.truncate(0);
                tokens.peek();
                int from = tokens.at();
                try {
                    element.document(idIfAbsent);
                    if (tokens.at() - from > mostBytes) {
                        throw tokens.tooLong(mostBytes, from);
                    }
                } catch (JsonRefusedException e) {
                    throw e.in("array element %d (the first is 0)".formatted(documents.size()));
                }
                documents.add(out.copyDocument());
                total += out.size();
                if (total > MAX_DOCUMENTS_BYTES) {
                    throw tokens.unstorable(TOO_MUCH.formatted(MAX_DOCUMENTS_BYTES + " bytes of BSON"), tokens.at());
                }
            } while (tokens.commaOr(']'));
        }
        tokens.expectEnd();
        return documents;
    }

    /// Reads an object that is a question about documents. Names may begin with `$` at every level, and no `_id` is
    /// added. The caller knows what the names and values mean.
    ///
    /// @throws JsonRefusedException when the text is not JSON, or a value has no exact form. Both are
    ///     [MALFORMED][JsonRefusedException.Reason#MALFORMED], because nothing is to be stored
    public static BsonDocument query(String json) {
        byte[] utf8 = json.getBytes(UTF_8);
        try {
            return read(utf8, 0, utf8.length, TopLevel.QUERY, JsonToBson::object)
                    .decode(new BsonDocumentCodec());
        } catch (JsonRefusedException e) {
            throw e.asMalformed();
        }
    }

    static RawBsonDocument read(byte[] utf8, int offset, int length, TopLevel topLevel, Consumer<JsonToBson> object) {
        JsonTokens tokens = new JsonTokens(utf8, offset, length);
        if (tokens.peek() == JsonTokens.END) {
            throw tokens.malformed(
                    (topLevel == TopLevel.QUERY ? "it" : "the body") + " is empty: send { … }", tokens.at());
        }
        BsonBuffer out = BsonBuffer.forText(length);
        object.accept(new JsonToBson(tokens, out, topLevel));
        tokens.expectEnd();
        return out.toDocument();
    }
}
