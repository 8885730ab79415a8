package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.MongoException;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/// The same documents and queries, asked of this database and of that of `MARTLET_TEST_MONGODB_URI`. What differs is
/// an error, or an [Excuse].
@EnabledIfEnvironmentVariable(
        named = "MARTLET_TEST_MONGODB_URI",
        matches = "mongodb.*",
        disabledReason = "set MARTLET_TEST_MONGODB_URI to the database to compare the embedded one with")
class DifferentialTest extends OnEmbeddedDatabase {

    private static final int DOCUMENTS = Integer.getInteger("martlet.differential.documents", 150);
    private static final int QUERIES = Integer.getInteger("martlet.differential.queries", 500);
    private static final BsonDocument REFUSED = new BsonDocument("refused", new BsonInt32(1));
    private static final BsonInt32 THREE = new BsonInt32(3);
    private static final long SEED = Long.getLong("martlet.differential.seed", 1);

    /// No empty arrays: DocumentDB sorts them together with null, MongoDB before it
    /// (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/#arrays). [SortAndProjectionTest]
    /// has them.
    private final RandomQueries random = new RandomQueries(SEED, 1);
    private final List<String> differences = new ArrayList<>();
    private final Map<Excuse, Integer> used = new EnumMap<>(Excuse.class);
    private List<BsonDocument> documents = List.of();
    private Set<Excuse> excuses = Set.of();
    private boolean asksForSorts;
    private int asked;
    private MongoClient client;
    private MongoCollection<BsonDocument> here;
    private MongoCollection<BsonDocument> there;

    @BeforeEach
    void insert() {
        client = MongoClients.create(System.getenv("MARTLET_TEST_MONGODB_URI"));
        there = client.getDatabase("martlet-test")
                .getCollection("differential-" + ProcessHandle.current().pid(), BsonDocument.class);
        here = database.collection(BsonDocument.class);
        excuses = excuses();
        documents = IntStream.range(0, DOCUMENTS).mapToObj(random::document).toList();
        there.drop();
        here.drop();
        there.insertMany(documents);
        here.insertMany(documents);
    }

    @AfterEach
    void drop() {
        there.drop();
        client.close();
    }

    private void compare(BsonDocument query, Function<MongoCollection<BsonDocument>, FindIterable<BsonDocument>> ask) {
        asked++;
        List<BsonDocument> ours = answer(ask.apply(here));
        List<BsonDocument> theirs = answer(ask.apply(there));
        if (!ours.equals(theirs) && !excused(query, ours, theirs)) {
            List<BsonDocument> onlyOurs = new ArrayList<>(ours);
            onlyOurs.removeAll(theirs);
            List<BsonDocument> onlyTheirs = new ArrayList<>(theirs);
            onlyTheirs.removeAll(ours);
            differences.add(query.toJson() + "\n   here " + ours.size() + ", only here "
                    + onlyOurs.stream().limit(2).toList() + "\n  there " + theirs.size() + ", only there "
                    + onlyTheirs.stream().limit(2).toList());
        }
    }

    /// Whether the answers are the same without the documents that are covered by an excuse of this database.
    private boolean excused(BsonDocument query, List<BsonDocument> ours, List<BsonDocument> theirs) {
        List<Excuse> given = EnumSet.allOf(Excuse.class).stream()
                .filter(excuse -> excuse.sorts() == asksForSorts && excuses.contains(excuse))
                .filter(excuse -> documents.stream().anyMatch(document -> excuse.covers(query, document)))
                .toList();
        Predicate<BsonDocument> covered = answer -> given.stream()
                .anyMatch(excuse -> excuse.covers(
                        query, documents.get(answer.getInt32("_id").getValue())));
        boolean refused = ours.contains(REFUSED) || theirs.contains(REFUSED);
        boolean excused = !refused
                && ours.stream()
                        .filter(covered.negate())
                        .toList()
                        .equals(theirs.stream().filter(covered.negate()).toList());
        if (excused) {
            given.forEach(excuse -> used.merge(excuse, 1, Integer::sum));
        }
        return excused;
    }

    /// The excuses of this database: none, as of MongoDB, or all of them.
    private Set<Excuse> excuses() {
        var proved = EnumSet.noneOf(Excuse.class);
        for (Excuse excuse : Excuse.values()) {
            assertEquals(excuse.found(), isFound(excuse, here), () -> excuse + ": the embedded database");
            if (isFound(excuse, there) != excuse.found()) {
                proved.add(excuse);
            }
        }
        assertTrue(
                proved.isEmpty() || proved.equals(EnumSet.allOf(Excuse.class)),
                () -> "only " + proved + " are true of this database: remove the others");
        return proved;
    }

    private static boolean isFound(Excuse excuse, MongoCollection<BsonDocument> documents) {
        documents.drop();
        documents.insertOne(new BsonDocument("_id", new BsonInt32(1)).append("v", new BsonArray(List.of(THREE))));
        BsonDocument proof = new BsonDocument("_id", new BsonInt32(2));
        proof.putAll(excuse.document());
        documents.insertOne(proof);
        List<BsonDocument> answer = excuse.sorts()
                ? answer(documents.find().sort(excuse.query()).skip(1))
                : answer(documents.find(excuse.query()));
        return answer.contains(proof);
    }

    private static List<BsonDocument> answer(FindIterable<BsonDocument> find) {
        try {
            return find.into(new ArrayList<>());
        } catch (MongoException e) {
            return List.of(REFUSED);
        }
    }

    private void assertSame() {
        System.out.printf("%d queries, seed %d: %d differences, excused %s%n", asked, SEED, differences.size(), used);
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
        asksForSorts = true;
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
