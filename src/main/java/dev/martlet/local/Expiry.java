package dev.martlet.local;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/// Removes documents that have expired by an index with `expireAfterSeconds`.
///
/// @see <a href="https://www.mongodb.com/docs/manual/core/index-ttl/">TTL indexes</a>
final class Expiry implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Expiry.class.getName());
    /// As often as MongoDB looks; a test looks more often.
    private static final long INTERVAL_MILLIS =
            Long.getLong("martlet.local.expiry.millis", Duration.ofMinutes(1).toMillis());
    private static final int TOGETHER = 1000;

    private final Storage storage;
    private final Thread thread;

    Expiry(Storage storage) {
        this.storage = storage;
        this.thread =
                Thread.ofPlatform().daemon().name("embedded-database-expiry").start(this::sweepAgainAndAgain);
    }

    private void sweepAgainAndAgain() {
        try {
            while (true) {
                Thread.sleep(INTERVAL_MILLIS);
                try {
                    sweep(System.currentTimeMillis());
                } catch (CommandFailure e) {
                    LOG.log(Level.DEBUG, "Nothing expires at present: {0}", e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "Closed");
        }
    }

    private void sweep(long now) {
        for (String namespace : storage.read(generation -> generation.catalog().namespaces())) {
            for (BsonDocument index :
                    storage.read(generation -> generation.catalog().indexes(namespace))) {
                if (index.containsKey("expireAfterSeconds")) {
                    long seconds = index.getNumber("expireAfterSeconds").longValue();
                    remove(
                            namespace,
                            over(index, now - Duration.ofSeconds(seconds).toMillis()));
                }
            }
        }
    }

    /// A document with a date that has passed. Other values never expire.
    private static Matcher over(BsonDocument index, long before) {
        String field = index.getDocument("key").getFirstKey();
        return Matcher.parse(new BsonDocument(field, new BsonDocument("$lt", new BsonDateTime(before))));
    }

    private void remove(String namespace, Matcher over) {
        List<BsonValue> keys = new ArrayList<>();
        var scan = new KeyScan(storage, namespace, KeyRange.ALL, false);
        while (scan.hasNext()) {
            StoredDocument stored = scan.next();
            if (stored.isWhole() && over.matches(stored.document())) {
                keys.add(stored.key());
            }
            if (keys.size() == TOGETHER || (!keys.isEmpty() && !scan.hasNext())) {
                storage.change(generation -> remove(generation, namespace, keys, over));
                keys.clear();
            }
        }
    }

    /// The documents that are still expired. A document may have been replaced meanwhile.
    private Integer remove(Generation generation, String namespace, List<BsonValue> keys, Matcher over) {
        int removed = 0;
        for (BsonValue key : keys) {
            StoredDocument stored = StoredDocument.find(storage, generation, namespace, key);
            if (stored != null && over.matches(stored.document())) {
                generation.remove(namespace, key);
                removed++;
            }
        }
        return removed;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
