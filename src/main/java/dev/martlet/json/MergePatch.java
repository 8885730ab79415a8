package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.json.JsonToBson.TopLevel;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// A JSON merge patch (RFC 7396). Its members replace members of the same name or add new ones. A null removes a
/// member.
///
/// ```java
/// MergePatch patch = MergePatch.parse(body, 0, body.length);   // {"age":37,"address":{"city":null}}
/// RawBsonDocument patched = patch.apply(stored);
/// ```
///
/// Members that the patch does not name keep their place and their BSON type, including dates and ObjectIds. New
/// ones come last. A patch can be applied any number of times.
public final class MergePatch {
    private static final byte[] EMPTY_DOCUMENT = {5, 0, 0, 0, 0};

    private final byte[] patch;
    private final Map<String, Change> changes;
    private final @Nullable BsonValue id;

    /// What a member of a patch does to the member of this name.
    private sealed interface Change {}

    /// Null: it removes the member.
    private record Remove() implements Change {}

    /// An array, or anything else but an object: a value at `patch[at, end)`.
    private record Replace(int type, int at, int end) implements Change {}

    /// An object: a patch of the member's value.
    private record Merge(Map<String, Change> changes) implements Change {}

    private MergePatch(RawBsonDocument document) {
        patch = document.getBackingArray();
        changes = changes(document.getByteOffset(), document.getByteOffset() + document.getByteLength());
        changes.remove(DocumentId.NAME);
        BsonValue given = document.get(DocumentId.NAME);
        id = given != null && given.isString()
                ? DocumentId.parse(given.asString().getValue())
                : given;
    }

    /// Reads a patch. It must be an object, because a document is one.
    ///
    /// @throws JsonRefusedException when the text is not JSON, or a value cannot be stored exactly
    public static MergePatch parse(byte[] utf8, int offset, int length) {
        return new MergePatch(JsonReader.read(utf8, offset, length, TopLevel.PATCH, JsonToBson::object));
    }

    private Map<String, Change> changes(int from, int end) {
        Map<String, Change> members = new LinkedHashMap<>();
        int at = from + 4;
        while (patch[at] != 0) {
            int type = patch[at] & 0xFF;
            int nameEnd = Bson.nameEnd(patch, at + 1, end - 1);
            int valueAt = nameEnd + 1;
            int valueEnd = Bson.valueEnd(type, patch, valueAt, end - 1);
            Change change =
                    switch (type) {
                        case Bson.NULL -> new Remove();
                        case Bson.DOCUMENT -> new Merge(changes(valueAt, valueEnd));
                        default -> new Replace(type, valueAt, valueEnd);
                    };
            members.put(new String(patch, at + 1, nameEnd - at - 1, UTF_8), change);
            at = valueEnd;
        }
        return members;
    }

    /// The patched document. `target` stays as it is.
    ///
    /// @throws JsonRefusedException when the patch would change `_id`, or make the document too large
    public RawBsonDocument apply(RawBsonDocument target) {
        if (id != null && !id.equals(target.get(DocumentId.NAME))) {
            throw JsonRefusedException.unstorable("the `_id` of a document never changes: omit it from the patch");
        }
        BsonBuffer out = new BsonBuffer(target.getByteLength() + patch.length);
        merge(target.getBackingArray(), target.getByteOffset(), target.getByteLength(), changes, out);
        if (out.size() > BsonBuffer.MAX_DOCUMENT_BYTES) {
            throw JsonRefusedException.unstorable("the patched document takes more than 16 MiB as BSON: split it");
        }
        return out.toDocument();
    }

    /// Writes the document `bson[from, from + length)`, changed by `members`.
    private void merge(byte[] bson, int from, int length, Map<String, Change> members, BsonBuffer out) {
        int end = Bson.valueEnd(Bson.DOCUMENT, bson, from, from + length) - 1;
        int lengthAt = out.beginLength();
        Set<String> done = new HashSet<>();
        int at = from + 4;
        while (bson[at] != 0) {
            int type = bson[at] & 0xFF;
            int nameEnd = Bson.nameEnd(bson, at + 1, end);
            int valueAt = nameEnd + 1;
            int valueEnd = Bson.valueEnd(type, bson, valueAt, end);
            String name = new String(bson, at + 1, nameEnd - at - 1, UTF_8);
            Change change = members.get(name);
            if (change == null) {
                out.copy(bson, at, valueEnd - at);
            } else if (done.add(name)) {
                if (type == Bson.DOCUMENT) {
                    member(name, change, bson, valueAt, valueEnd - valueAt, out);
                } else {
                    member(name, change, out);
                }
            }
            at = valueEnd;
        }
        members.forEach((name, change) -> {
            if (!done.contains(name)) {
                member(name, change, out);
            }
        });
        out.endDocument(lengthAt);
    }

    private void member(String name, Change change, BsonBuffer out) {
        member(name, change, EMPTY_DOCUMENT, 0, EMPTY_DOCUMENT.length, out);
    }

    /// Writes the member whose old value is the document `bson[from, from + length)`, changed by `change`.
    private void member(String name, Change change, byte[] bson, int from, int length, BsonBuffer out) {
        switch (change) {
            case Remove _ -> {}
            case Replace value -> {
                out.name(value.type, name);
                out.copy(patch, value.at, value.end - value.at);
            }
            case Merge object -> {
                out.name(Bson.DOCUMENT, name);
                merge(bson, from, length, object.changes, out);
            }
        }
    }
}
