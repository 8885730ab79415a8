package dev.martlet.local;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.h2.mvstore.MVStoreException;

/// Parts of the file that are not as they were written. The log has each of them once, with the cure.
final class Damage {

    private static final System.Logger LOG = System.getLogger(Damage.class.getName());
    private static final int MOST_REPORTS = 1000;

    private final Path file;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();

    Damage(Path file) {
        this.file = file;
    }

    /// A part of the file.
    CommandFailure part(MVStoreException e) {
        return found("a part of", DiskTrouble.of(e, file).text());
    }

    CommandFailure document(String namespace, BsonValue key) {
        String id = new BsonDocument("_id", key).toJson();
        return found("document " + id + " of " + namespace, "replace or delete it, or restore a copy of the file");
    }

    private CommandFailure found(String what, String cure) {
        String text = what + " in " + file + " is damaged: " + cure;
        if (reported.size() < MOST_REPORTS && reported.add(text)) {
            LOG.log(Level.ERROR, "{0}", text);
        }
        return new CommandFailure(361, "DataCorruptionDetected", text);
    }
}
