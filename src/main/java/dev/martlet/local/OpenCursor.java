package dev.martlet.local;

import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The rest of a query's answer, to be fetched batch by batch.
final class OpenCursor {

    private static final int BATCH_BYTES = 16 * 1024 * 1024;

    private final Iterator<Scan.Stored> source;
    private final Predicate<Document> filter;
    private final UnaryOperator<List<Document>> projection;
    private long skip;
    private long left;
    private volatile long lastUse = System.nanoTime();

    /// @param limit how many documents at most; 0 is no limit
    OpenCursor(
            Iterator<Scan.Stored> source,
            Predicate<Document> filter,
            long skip,
            long limit,
            UnaryOperator<List<Document>> projection) {
        this.source = source;
        this.filter = filter;
        this.skip = skip;
        this.left = limit == 0 ? Long.MAX_VALUE : limit;
        this.projection = projection;
    }

    /// The next documents: at most `count`, and no more than fit into one answer.
    synchronized List<Document> next(int count) {
        lastUse = System.nanoTime();
        List<Document> batch = new ArrayList<>();
        long bytes = 0;
        while (batch.size() < count && bytes < BATCH_BYTES && !isExhausted()) {
            Scan.Stored stored = source.next();
            Document document = stored.document();
            if (filter.test(document) && --skip < 0) {
                batch.add(document);
                bytes += stored.size();
                left--;
            }
        }
        return projection.apply(batch);
    }

    synchronized boolean isExhausted() {
        return left <= 0 || !source.hasNext();
    }

    long lastUse() {
        return lastUse;
    }
}
