package dev.martlet.bench;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonObjectId;
import org.bson.RawBsonDocument;
import org.bson.types.ObjectId;

/// What the driver alone gets from the database, without HTTP and JSON.
final class Ceiling implements AutoCloseable {

    private static final int BATCH = 1000;

    private final MongoClient client;
    private final MongoCollection<RawBsonDocument> documents;
    private final int threads;
    private List<ObjectId> ids = List.of();

    Ceiling(String uri, int threads) {
        this.client = MongoClients.create(uri);
        this.documents = client.getDatabase("martlet").getCollection("data", RawBsonDocument.class);
        this.threads = threads;
    }

    void clear() {
        documents.drop();
    }

    /// Replaces all documents by this many new ones.
    ///
    /// @return their ids
    List<ObjectId> fill(int count) {
        clear();
        ids = Stream.generate(ObjectId::new).limit(count).toList();
        for (int from = 0; from < count; from += 10_000) {
            documents.insertMany(ids.subList(from, Math.min(count, from + 10_000)).stream()
                    .map(Workload::document)
                    .toList());
        }
        return ids;
    }

    /// Documents per second.
    double insert(Duration duration) throws InterruptedException {
        return rate(duration, () -> {
            documents.insertOne(Workload.document(new ObjectId()));
            return 1;
        });
    }

    double find(Duration duration) throws InterruptedException {
        return rate(duration, () -> {
            ObjectId id = ids.get(ThreadLocalRandom.current().nextInt(ids.size()));
            Objects.requireNonNull(documents
                    .find(new BsonDocument("_id", new BsonObjectId(id)))
                    .first());
            return 1;
        });
    }

    /// Documents per second, in the order of their ids like a listing.
    double scan(Duration duration) throws InterruptedException {
        var counted = new LongAdder();
        return rate(duration, counted, () -> {
            try (var all = documents
                    .find()
                    .sort(new BsonDocument("_id", new BsonInt32(1)))
                    .batchSize(BATCH)
                    .iterator()) {
                while (all.hasNext()) {
                    all.next();
                    counted.increment();
                }
            }
            return 0;
        });
    }

    private double rate(Duration duration, IntSupplier work) throws InterruptedException {
        return rate(duration, new LongAdder(), work);
    }

    private double rate(Duration duration, LongAdder counted, IntSupplier work) throws InterruptedException {
        var ended = new AtomicBoolean();
        var workers = new ArrayList<Thread>();
        long started = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            workers.add(Thread.startVirtualThread(() -> {
                while (!ended.get()) {
                    counted.add(work.getAsInt());
                }
            }));
        }
        Thread.sleep(duration);
        double rate = counted.sum() / ((System.nanoTime() - started) / 1e9);
        ended.set(true);
        for (Thread worker : workers) {
            worker.join();
        }
        return rate;
    }

    @Override
    public void close() {
        client.close();
    }
}
