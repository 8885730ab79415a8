package dev.martlet.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.martlet.http.PercentEncoding;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.http.SmallJson;
import dev.martlet.json.DocumentId;
import dev.martlet.store.Refusal;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;

/// What the client learns about its inserts.
final class Inserted {

    private Inserted() {}

    static Reply one(RawBsonDocument document) {
        BsonValue id = DocumentId.of(document);
        return Reply.json(Status.CREATED_201, id.isObjectId() ? usual(id) : SmallJson.of(answer("id", text(id))))
                .with(HeaderNames.LOCATION, location(id))
                .etag(Conditions.etag(document));
    }

    /// A short cut for the most frequent answer: no JSON generator.
    private static byte[] usual(BsonValue id) {
        return ("{\"status\":\"Data inserted\",\"id\":\"" + text(id) + "\"}").getBytes(ISO_8859_1);
    }

    static Reply all(List<BsonValue> ids) {
        Map<String, Object> answer = answer("inserted", ids.size());
        answer.put("ids", ids.stream().map(DocumentId::text).toList());
        return Reply.json(Status.CREATED_201, SmallJson.of(answer));
    }

    /// @param errors a description of each refused line, or of the first ones
    static Reply lines(long stored, long refused, List<Map<String, Object>> errors) {
        Map<String, Object> answer = answer("inserted", stored);
        answer.put("refused", refused);
        answer.put("errors", errors);
        if (stored == 0 && refused > 0) {
            answer.put("status", "Nothing inserted");
            return Reply.json(Status.UNPROCESSABLE_CONTENT_422, SmallJson.of(answer));
        }
        return Reply.json(Status.CREATED_201, SmallJson.of(answer));
    }

    private static Map<String, Object> answer(String name, Object value) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", "Data inserted");
        answer.put(name, value);
        return answer;
    }

    static Problem taken(BsonValue id) {
        return Problem.of(
                Status.CONFLICT_409,
                "A document with the `_id` `" + shown(id) + "` exists: "
                        + "replace it with PUT /data/{id}, or omit `_id` to get a new one.");
    }

    /// An id in a message.
    static String shown(BsonValue id) {
        return Problem.quoted(text(id));
    }

    /// Why a document is not stored.
    static Problem refused(List<RawBsonDocument> documents, Refusal refusal) {
        return refusal.taken() ? taken(DocumentId.of(documents.get(refusal.place()))) : Failures.refused(refusal.why());
    }

    /// The same for all documents of a request, and where in its array the document is.
    static Problem refused(List<RawBsonDocument> documents, Refusal refusal, int stored) {
        Problem problem = refused(documents, refusal);
        return (documents.size() == 1 ? problem : problem.in("array element " + refusal.place() + " (the first is 0)"))
                .member("inserted", stored);
    }

    /// The path of the document.
    static String location(BsonValue id) {
        return "/data/" + PercentEncoding.encode(text(id));
    }

    private static String text(BsonValue id) {
        return DocumentId.text(id);
    }
}
