package dev.martlet.replicas;

import dev.martlet.replicas.Data.Change;
import dev.martlet.replicas.Log.Entry;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Objects;
import org.bson.BsonArray;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/// A change stream: it tells what a majority has, each change once, in the order of the log.
///
/// Its tokens are valid on every member, because what a majority has is at the same place in every log. Like
/// MongoDB's, they sort in the order of the changes: by the entry, and within an entry by the change. The token of
/// a batch without a change comes after all changes of the last entry that it looked at.
///
/// @see <a href="https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md">Change
///      streams</a>, [change events](https://www.mongodb.com/docs/manual/reference/change-events/), and
///      `source/change-streams/change-streams.md#resume-process` on which errors a stream outlives
final class Watch {

    private static final int AFTER_ALL = 0xFFFF;
    private static final int TOKEN_BYTES = 8 + 4 + 2;
    /// `BSONObjMaxInternalSize`
    private static final int MOST_BYTES = (16 << 20) + (16 << 10);
    private static final BsonDocument WITHOUT_DESCRIPTION =
            new BsonDocument("$project", new BsonDocument("updateDescription", new BsonInt32(0)));

    private final Member member;
    private final String collection;
    private final boolean lookup;
    private final boolean describes;
    /// The entry that comes next, and how many of its changes are told already.
    private long index;
    private int told;
    private String place;

    /// @throws Failure if it cannot begin where it should
    Watch(Member member, BsonDocument aggregate, String collection) throws Failure {
        this.member = member;
        this.collection = collection;
        BsonArray pipeline = aggregate.getArray("pipeline");
        BsonDocument stage = pipeline.getFirst().asDocument();
        if (!stage.containsKey("$changeStream") || !pipeline.stream().skip(1).allMatch(WITHOUT_DESCRIPTION::equals)) {
            throw new Failure(168, "only a change stream is in these test members");
        }
        this.describes = pipeline.size() == 1;
        BsonDocument stream = stage.getDocument("$changeStream");
        this.lookup = stream.getString("fullDocument", new BsonString("default"))
                .getValue()
                .equals("updateLookup");
        BsonDocument after = stream.getDocument("startAfter", stream.getDocument("resumeAfter", new BsonDocument()));
        if (after.isEmpty()) {
            // After the primary's latest entry, even if no majority has it yet.
            begin(member.log().last().term(), member.last(), AFTER_ALL);
            place = token(member.last(), AFTER_ALL);
        } else {
            goOn(after);
            place = after.getString("_data").getValue();
        }
    }

    private void goOn(BsonDocument after) throws Failure {
        byte[] token;
        try {
            token = HexFormat.of().parseHex(after.getString("_data").getValue());
        } catch (IllegalArgumentException e) {
            throw new Failure(Failure.INVALID_RESUME_TOKEN, "the token is not hexadecimal");
        }
        if (token.length != TOKEN_BYTES) {
            throw new Failure(Failure.INVALID_RESUME_TOKEN, "the token has another length");
        }
        var bytes = ByteBuffer.wrap(token);
        long at = bytes.getLong();
        int term = bytes.getInt();
        begin(term, at, Short.toUnsignedInt(bytes.getShort()));
    }

    /// Begins after so many changes of an entry.
    private void begin(long term, long at, int changes) throws Failure {
        if (at < member.log().base()) {
            throw new Failure(
                    Failure.CHANGE_STREAM_HISTORY_LOST,
                    "Resume of change stream was not possible, as the resume point may no longer be in the oplog.");
        }
        if (at > member.last() || member.log().at(at).term() != term) {
            throw new Failure(
                    Failure.CHANGE_STREAM_FATAL,
                    "cannot resume stream; the resume token was not found. {_data: \"" + at + "\"}");
        }
        index = changes == AFTER_ALL ? at + 1 : at;
        told = changes == AFTER_ALL ? 0 : changes;
    }

    String collection() {
        return collection;
    }

    /// The place up to which it has told.
    String place() {
        return place;
    }

    private String token(long at, int change) {
        return String.format("%016X%08X%04X", at, member.log().at(at).term(), change);
    }

    /// The next events; empty if there are none.
    BsonArray next(int most) throws Failure {
        if (index < member.log().base()) {
            throw new Failure(Failure.CHANGE_STREAM_HISTORY_LOST, "the history was forgotten meanwhile");
        }
        var batch = new BsonArray();
        while (index <= member.committed()) {
            Entry entry = member.log().at(index);
            for (; told < entry.changes().size(); told++) {
                if (batch.size() == most) {
                    return batch;
                }
                Change change = entry.changes().get(told);
                if (change.collection().equals(collection) && !change.what().isEmpty()) {
                    place = token(index, told + 1);
                    batch.add(sendable(event(entry, change)));
                }
            }
            place = token(index, AFTER_ALL);
            index++;
            told = 0;
        }
        return batch;
    }

    private static BsonDocument sendable(BsonDocument event) throws Failure {
        var raw = new RawBsonDocument(event, new BsonDocumentCodec());
        if (raw.getByteLength() > MOST_BYTES) {
            throw new Failure(
                    Failure.BSON_OBJECT_TOO_LARGE,
                    "BSONObj size: " + raw.getByteLength() + " is invalid. Size must be between 0 and " + MOST_BYTES);
        }
        return raw;
    }

    private BsonDocument event(Entry entry, Change change) {
        int dot = collection.indexOf('.');
        BsonDocument event = new BsonDocument("_id", new BsonDocument("_data", new BsonString(place)))
                .append("operationType", new BsonString(change.what()))
                .append("clusterTime", member.time(entry.index()))
                .append("wallTime", new BsonDateTime(entry.wall()))
                .append(
                        "ns",
                        new BsonDocument("db", new BsonString(collection.substring(0, dot)))
                                .append("coll", new BsonString(collection.substring(dot + 1))))
                .append("documentKey", new BsonDocument("_id", change.key()));
        if (describes && change.what().equals("update")) {
            // As if all of it had been changed.
            event.append(
                    "updateDescription",
                    new BsonDocument("updatedFields", Objects.requireNonNullElse(now(change), new BsonDocument())));
        }
        return switch (change.what()) {
            case "delete" -> event;
            // As it is when the change is read.
            case "update" ->
                lookup ? event.append("fullDocument", now(change) == null ? BsonNull.VALUE : now(change)) : event;
            default -> event.append("fullDocument", (BsonDocument) Objects.requireNonNull(change.value()));
        };
    }

    private @Nullable BsonDocument now(Change change) {
        return (BsonDocument) member.data().at(member.committed(), collection, change.key());
    }
}
