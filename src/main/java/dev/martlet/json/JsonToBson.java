package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.function.Supplier;
import org.bson.BsonObjectId;
import org.bson.BsonValue;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/// Writes a JSON text as BSON while it reads it, by the rules of [JsonReader].
final class JsonToBson {
    /// Levels of objects and arrays, including the outermost object: as many as MongoDB allows.
    static final int MAX_DEPTH = 100;

    /// Which names the outermost object may have.
    enum TopLevel {
        /// A document: `_id` becomes the first, and no name begins with `$`.
        DOCUMENT,
        /// A merge patch: no name begins with `$`.
        PATCH,
        /// A query: any name.
        QUERY
    }

    private final JsonTokens tokens;
    private final BsonBuffer out;
    private final TopLevel topLevel;
    private final MemberNames names;

    private int depth;
    /// The `_id` in the text.
    private @Nullable BsonValue ownId;
    /// The only `_id` that the text may have.
    private @Nullable BsonValue givenId;

    JsonToBson(JsonTokens tokens, BsonBuffer out, TopLevel topLevel) {
        this.tokens = tokens;
        this.out = out;
        this.topLevel = topLevel;
        names = new MemberNames(out);
    }

    /// Writes the next object as it is.
    void object() {
        int lengthAt = beginObject();
        members();
        end(lengthAt);
    }

    /// Writes the next object with `_id` as its first member: the one in the text, else `idIfAbsent`.
    void document(Supplier<ObjectId> idIfAbsent) {
        ownId = null;
        int lengthAt = beginObject();
        int idAt = out.size();
        DocumentId.write(DocumentId.PLACEHOLDER, out);
        members();
        BsonValue own = ownId;
        DocumentId.overwritePlaceholder(own == null ? new BsonObjectId(idIfAbsent.get()) : own, out, idAt);
        end(lengthAt);
    }

    /// Writes the next object with `id` as its first member. The text may have the same, and no other.
    void document(BsonValue id) {
        givenId = id;
        int lengthAt = beginObject();
        DocumentId.write(id, out);
        members();
        end(lengthAt);
    }

    private int beginObject() {
        if (tokens.peek() != '{') {
            int at = tokens.at();
            out.int8(0);
            value(out.size() - 1);
            throw tokens.unstorable(
                    "the " + topLevel.name().toLowerCase(java.util.Locale.ROOT) + " is not an object: send { … }", at);
        }
        tokens.skip();
        return out.beginLength();
    }

    private void end(int lengthAt) {
        out.endDocument(lengthAt);
        checkSize();
    }

    private void checkSize() {
        if (out.size() > BsonBuffer.MAX_DOCUMENT_BYTES) {
            throw tokens.unstorable("the document takes more than 16 MiB as BSON: split it", tokens.at());
        }
    }

    private void members() {
        enter();
        if (tokens.peek() == '}') {
            tokens.skip();
        } else {
            int object = names.open();
            do {
                member(object);
            } while (tokens.commaOr('}'));
            names.close(object);
        }
        depth--;
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw tokens.unstorable(
                    "objects and arrays are nested more than %d deep: flatten them".formatted(MAX_DEPTH),
                    tokens.at() - 1);
        }
    }

    private void member(int object) {
        if (tokens.peek() != '"') {
            throw tokens.expected(
                    "a member name in double quotes", "write it as in {\"name\": 1}, without a comma after the last");
        }
        int from = tokens.at();
        int typeAt = out.size();
        out.int8(0);
        int nameAt = out.size();
        tokens.string(out, false);
        if (depth == 1 && topLevel == TopLevel.DOCUMENT && isId(nameAt)) {
            out.truncate(typeAt);
            ownId(from);
            return;
        }
        if (!names.add(object, nameAt)) {
            throw tokens.unstorable(
                    "the name %s appears twice in one object: give each name once".formatted(quoted(nameAt)), from);
        }
        if (depth == 1 && topLevel != TopLevel.QUERY && out.size() > nameAt && out.bytes()[nameAt] == '$') {
            throw tokens.unstorable(
                    "the top-level name %s begins with `$`, which MongoDB takes for an operator: rename it"
                            .formatted(quoted(nameAt)),
                    from);
        }
        out.int8(0);
        tokens.expect(':', "after a member name");
        value(typeAt);
    }

    private boolean isId(int nameAt) {
        byte[] bytes = out.bytes();
        return out.size() - nameAt == 3 && bytes[nameAt] == '_' && bytes[nameAt + 1] == 'i' && bytes[nameAt + 2] == 'd';
    }

    private void ownId(int from) {
        if (ownId != null) {
            throw tokens.unstorable("the name `_id` appears twice in one object: give each name once", from);
        }
        tokens.expect(':', "after a member name");
        if (tokens.peek() != '"') {
            throw tokens.unstorable(
                    "the `_id` is not a string: send a string, or omit it to get a new one", tokens.at());
        }
        int valueAt = out.size();
        tokens.string(out, true);
        if (out.size() == valueAt) {
            throw tokens.unstorable(
                    "the `_id` is empty, and no address could name the document: send some text, or omit it", from);
        }
        if (out.size() - valueAt > DocumentId.MOST_BYTES) {
            throw tokens.unstorable(
                    "the `_id` takes more than %d bytes: send a shorter one, for example a hash of it"
                            .formatted(DocumentId.MOST_BYTES),
                    from);
        }
        ownId = DocumentId.parse(new String(out.bytes(), valueAt, out.size() - valueAt, UTF_8));
        out.truncate(valueAt);
        if (givenId != null && !givenId.equals(ownId)) {
            throw tokens.unstorable(
                    "the `_id` differs from the one in the address: omit it, or send it to its own address", from);
        }
    }

    private String quoted(int nameAt) {
        String name = new String(out.bytes(), nameAt, out.size() - nameAt, UTF_8);
        return "`" + (name.length() <= 40 ? name : name.substring(0, 40) + "…") + "`";
    }

    private void array() {
        tokens.skip();
        enter();
        int lengthAt = out.beginLength();
        if (tokens.peek() == ']') {
            tokens.skip();
        } else {
            int index = 0;
            do {
                int typeAt = out.size();
                out.int8(0);
                out.decimal(index++);
                out.int8(0);
                value(typeAt);
            } while (tokens.commaOr(']'));
        }
        out.endDocument(lengthAt);
        depth--;
    }

    private void value(int typeAt) {
        switch (tokens.peek()) {
            case '"' -> {
                out.int8At(typeAt, Bson.STRING);
                int lengthAt = out.beginLength();
                tokens.string(out, true);
                out.endString(lengthAt);
            }
            case '{' -> {
                out.int8At(typeAt, Bson.DOCUMENT);
                int lengthAt = beginObject();
                members();
                out.endDocument(lengthAt);
            }
            case '[' -> {
                out.int8At(typeAt, Bson.ARRAY);
                array();
            }
            case 't' -> bool(typeAt, 1);
            case 'f' -> bool(typeAt, 0);
            case 'n' -> {
                tokens.literal("null");
                out.int8At(typeAt, Bson.NULL);
            }
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number(typeAt);
            default -> throw tokens.expected("a value", JsonTokens.VALUES);
        }
        checkSize();
    }

    private void bool(int typeAt, int value) {
        tokens.literal(value == 1 ? "true" : "false");
        out.int8At(typeAt, Bson.BOOLEAN);
        out.int8(value);
    }

    private void number(int typeAt) {
        int from = tokens.at();
        tokens.number();
        if (!NumberLiteral.write(tokens.text(), from, tokens.at(), out, typeAt)) {
            throw tokens.unstorable(
                    "a number has more than 34 digits or an exponent beyond ±6144: send it as a string", from);
        }
    }
}
