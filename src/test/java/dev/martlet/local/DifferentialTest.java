package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.mongodb.MongoException;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/// The same documents and queries, asked of this database and of that of `MARTLET_TEST_MONGODB_URI`.
@EnabledIfEnvironmentVariable(
        named = "MARTLET_TEST_MONGODB_URI",
        matches = "mongodb.*",
        disabledReason = "set MARTLET_TEST_MONGODB_URI to the database to compare the embedded one with")
class DifferentialTest extends OnEmbeddedDatabase {

    private static final int DOCUMENTS = Integer.getInteger("martlet.differential.documents", 150);
    private static final int QUERIES = Integer.getInteger("martlet.differential.queries", 500);
    private static final long SEED = Long.getLong("martlet.differential.seed", 1);

    /// No empty arrays: DocumentDB sorts them together with null, MongoDB before it
    /// (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/#arrays). [SortAndProjectionTest]
    /// has them.
    private final RandomQueries random = new RandomQueries(SEED, 1);
    private final List<String> differences = new ArrayList<>();
    private MongoClient client;
    private MongoCollection<BsonDocument> here;
    private MongoCollection<BsonDocument> there;

    @BeforeEach
    void insert() {
        client = MongoClients.create(System.getenv("MARTLET_TEST_MONGODB_URI"));
        there = client.getDatabase("martlet-test")
                .getCollection("differential-" + ProcessHandle.current().pid(), BsonDocument.class);
        here = database.collection(BsonDocument.class);
        List<BsonDocument> documents =
                IntStream.range(0, DOCUMENTS).mapToObj(random::document).toList();
        there.drop();
        there.insertMany(documents);
        here.insertMany(documents);
    }

    @AfterEach
    void drop() {
        there.drop();
        client.close();
    }

    private void compare(BsonDocument query, Function<MongoCollection<BsonDocument>, FindIterable<BsonDocument>> ask) {
        List<BsonDocument> ours = answer(ask.apply(here));
        List<BsonDocument> theirs = answer(ask.apply(there));
        if (!ours.equals(theirs)) {
            List<BsonDocument> onlyOurs = new ArrayList<>(ours);
            onlyOurs.removeAll(theirs);
            List<BsonDocument> onlyTheirs = new ArrayList<>(theirs);
            onlyTheirs.removeAll(ours);
            differences.add(query.toJson() + "\n   here " + ours.size() + ", only here "
                    + onlyOurs.stream().limit(2).toList() + "\n  there " + theirs.size() + ", only there "
                    + onlyTheirs.stream().limit(2).toList());
        }
    }

    private static List<BsonDocument> answer(FindIterable<BsonDocument> find) {
        try {
            return find.into(new ArrayList<>());
        } catch (MongoException e) {
            return List.of(new BsonDocument("refused", new BsonInt32(1)));
        }
    }

    private void assertSame() {
        System.out.printf("%d queries, %d differences%n", QUERIES, differences.size());
        assertEquals("", String.join("\n", differences));
    }

    @Test
    void filters_findTheSame() {
        for (int i = 0; i < QUERIES; i++) {
            BsonDocument filter = random.filter();
            compare(filter, documents -> documents.find(filter).sort(new BsonDocument("_id", new BsonInt32(1))));
        }
        assertSame();
    }

    @Test
    void sorts_giveTheSameOrder() {
        for (int i = 0; i < QUERIES / 5; i++) {
            BsonDocument sort = random.sort();
            compare(
                    sort,
                    documents -> documents.find().sort(sort).projection(new BsonDocument("_id", new BsonInt32(1))));
        }
        assertSame();
    }

    @Test
    void projections_selectTheSame() {
        for (int i = 0; i < QUERIES / 5; i++) {
            BsonDocument fields = random.fields();
            compare(fields, documents -> documents
                    .find()
                    .sort(new BsonDocument("_id", new BsonInt32(1)))
                    .projection(fields));
        }
        assertSame();
    }
}
