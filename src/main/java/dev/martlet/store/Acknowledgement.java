package dev.martlet.store;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/// The answer to a write command. A majority has everything that it acknowledges.
///
/// @param doubt whether an earlier copy of the command may have been carried out; this answer does not count what
///              that copy did
record Acknowledgement(BsonDocument body, boolean doubt) {

    /// MongoDB: `… index: name_1 dup key: …`; DocumentDB: `… Index 'name_1'`.
    private static final Pattern INDEX = Pattern.compile("[Ii]ndex:? '?([^\\s']+)");
    private static final String ID_INDEX = "_id_";

    /// @throws Trouble if it acknowledges less than it should, or reports on the database and not on a document
    Acknowledgement {
        if (body.isDocument("writeConcernError")) {
            throw Trouble.of(body.getDocument("writeConcernError"), Trouble.labels(body));
        }
        for (BsonValue each : errors(body)) {
            BsonDocument error = each.asDocument();
            Trouble trouble = Trouble.of(error, Trouble.labels(body));
            if (!Trouble.duplicateKey(error) && trouble.mistake("document").isEmpty()) {
                throw trouble;
            }
        }
    }

    private static BsonArray errors(BsonDocument body) {
        return body.getArray("writeErrors", new BsonArray());
    }

    /// How many documents there were to insert, replace or delete.
    int count() {
        return body.isNumber("n") ? body.getNumber("n").intValue() : 0;
    }

    boolean created() {
        return !body.getArray("upserted", new BsonArray()).isEmpty();
    }

    /// The documents that are not stored.
    List<Refusal> refusals() {
        var refusals = new ArrayList<Refusal>();
        errors(body).forEach(error -> refusals.add(refusal(error.asDocument())));
        return refusals;
    }

    private static Refusal refusal(BsonDocument error) {
        int place = error.isNumber("index") ? error.getNumber("index").intValue() : 0;
        if (!Trouble.duplicateKey(error)) {
            return new Refusal(
                    place,
                    false,
                    Trouble.of(error, java.util.Set.of()).mistake("document").orElseThrow());
        }
        String index = index(error);
        return new Refusal(place, index.equals(ID_INDEX), RejectedException.duplicate(index));
    }

    private static String index(BsonDocument error) {
        Matcher named =
                INDEX.matcher(error.getString("errmsg", new BsonString("")).getValue());
        return named.find() ? named.group(1) : ID_INDEX;
    }
}
