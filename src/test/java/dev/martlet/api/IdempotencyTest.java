package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.martlet.Service;
import dev.martlet.SharedDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `POST /data` with `Idempotency-Key`.
class IdempotencyTest {

    @RegisterExtension
    static final Service service = Service.with();

    @RegisterExtension
    static final Service twin = service.twin();

    private final Client client = new Client(service::port);
    private final Client other = new Client(twin::port);
    private final String key = UUID.randomUUID().toString();

    @Test
    void sameKeyAndDocument_isStoredOnce() {
        Answer first = client.post("{\"n\":1}", "Idempotency-Key", key);

        Answer again = client.post("{\"n\":1}", "Idempotency-Key", key);

        assertEquals(201, first.status());
        assertEquals(first.told(), again.told());
        assertEquals(first.header("Location"), again.header("Location"));
        assertEquals(first.header("ETag"), again.header("ETag"));
        assertEquals(1, service.documents().countDocuments());
    }

    @Test
    void sameKeyAndDocument_isStoredOnceByAllReplicas() {
        Answer first = client.post("{\"n\":1}", "Idempotency-Key", key);

        assertEquals(
                first.told(),
                other.post("{ \"n\" : 1 }", "Idempotency-Key", key).told());
        assertEquals(1, service.documents().countDocuments());
    }

    @Test
    void sameKeyAndAnotherDocument_isUnprocessable() {
        client.post("{\"n\":1}", "Idempotency-Key", key);

        assertEquals(
                """
                422 {"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"The `Idempotency-Key` `%s` was used for other content: \
                use a new key for each new request."}""".formatted(key),
                other.post("{\"n\":2}", "Idempotency-Key", key).told());
        assertEquals(1, service.documents().countDocuments());
    }

    @Test
    void anotherKey_isAnotherDocument() {
        Answer first = client.post("{\"n\":1}", "Idempotency-Key", key);

        assertNotEquals(
                first.told(),
                client.post("{\"n\":1}", "Idempotency-Key", key + "x").told());
        assertEquals(2, service.documents().countDocuments());
    }

    @Test
    void documentThatWasChangedMeanwhile_isNotTouched() {
        Answer first = client.post("{\"n\":1}", "Idempotency-Key", key);
        client.put(first.header("Location"), "{\"n\":2}");

        assertEquals(
                first.told(), client.post("{\"n\":1}", "Idempotency-Key", key).told());
        assertEquals(2, service.document().getInteger("n"));
        client.delete(first.header("Location"));
        assertEquals(
                first.told(), client.post("{\"n\":1}", "Idempotency-Key", key).told());
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void givenId_thatIsTakenIsAConflictEachTime() {
        client.post("{\"_id\":\"a\",\"n\":1}");

        assertEquals(
                409,
                client.post("{\"_id\":\"a\",\"n\":2}", "Idempotency-Key", key).status());
        assertEquals(
                409,
                other.post("{\"_id\":\"a\",\"n\":2}", "Idempotency-Key", key).status());
    }

    @Test
    void givenId_isStoredOnce() {
        assertEquals(
                201,
                client.post("{\"_id\":\"a\",\"n\":1}", "Idempotency-Key", key).status());
        assertEquals(
                201,
                other.post("{\"_id\":\"a\",\"n\":1}", "Idempotency-Key", key).status());
        assertEquals(409, client.post("{\"_id\":\"a\",\"n\":1}").status());
    }

    @Test
    void refusedDocument_doesNotUseTheKeyUp() {
        assertEquals(
                422, client.post("{\"n\":1,\"n\":2}", "Idempotency-Key", key).status());
        assertEquals(201, client.post("{\"n\":1}", "Idempotency-Key", key).status());
    }

    @Test
    void array_isStoredOnce() {
        String array = "[{\"n\":1},{\"_id\":\"a\"},{\"n\":3}]";
        Answer first = client.post(array, "Idempotency-Key", key);

        assertEquals(201, first.status());
        assertEquals(first.told(), other.post(array, "Idempotency-Key", key).told());
        assertEquals(3, service.documents().countDocuments());
        assertEquals(
                422,
                other.post("[{\"n\":1},{\"_id\":\"a\"}]", "Idempotency-Key", key)
                        .status());
    }

    @Test
    void arrayOfWhichPartWasStored_isCompleted() {
        String array = "[{\"n\":1},{\"n\":2}]";
        Answer first = client.post(array, "Idempotency-Key", key);
        // As if the first replica had died between its two documents, before it could mark the key as done.
        client.delete("/data/" + first.json().getArray("ids").get(1).asString().getValue());
        remembered("done", false);

        assertEquals(first.told(), other.post(array, "Idempotency-Key", key).told());
        assertEquals(2, service.documents().countDocuments());
    }

    /// Changes what the service remembers of the key.
    private void remembered(String field, Object value) {
        SharedDatabase.driver()
                .getCollection(service.documents().getNamespace().getCollectionName() + ".idempotency")
                .updateOne(new Document("_id", key), new Document("$set", new Document(field, value)));
    }

    @Test
    void key_isRememberedForADay() {
        client.post("{\"n\":1}", "Idempotency-Key", key);
        remembered("at", Date.from(Instant.now().minus(Duration.ofHours(23))));

        assertEquals(422, client.post("{\"n\":2}", "Idempotency-Key", key).status());
        assertEquals(201, client.post("{\"n\":1}", "Idempotency-Key", key).status());
        assertEquals(1, service.documents().countDocuments());
    }

    /// On every database, even one that removes expired documents late or never.
    @Test
    void key_isForgottenAfterADay() {
        Answer first = client.post("{\"n\":1}", "Idempotency-Key", key);
        remembered("at", Date.from(Instant.now().minus(Duration.ofHours(25))));

        Answer second = client.post("{\"n\":2}", "Idempotency-Key", key);
        assertEquals(201, second.status(), second::toString);
        assertNotEquals(first.text("id"), second.text("id"));
        assertEquals(
                second.told(), other.post("{\"n\":2}", "Idempotency-Key", key).told());
        assertEquals(2, service.documents().countDocuments());
    }

    /// Each of them finds the old claim, and one of them makes the next.
    @Test
    void keyThatIsForgotten_isClaimedByOneOfMany() throws Exception {
        client.post("{\"n\":1}", "Idempotency-Key", key);
        remembered("at", Date.from(Instant.now().minus(Duration.ofHours(25))));

        List<Answer> answers =
                together(32, i -> () -> (i % 2 == 0 ? client : other).post("{\"n\":2}", "Idempotency-Key", key));

        assertEquals(1, answers.stream().map(Answer::told).distinct().count(), answers::toString);
        assertEquals(201, answers.getFirst().status());
        assertEquals(2, service.documents().countDocuments());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "ä"})
    void key_mustBeVisibleAscii(String invalid) throws Exception {
        try (Wire wire = client.wire()) {
            Answer answer = wire.request(
                            "POST",
                            "/data",
                            "Content-Type",
                            "application/json",
                            "Content-Length",
                            "2",
                            "Idempotency-Key",
                            invalid)
                    .send("{}")
                    .answer();

            assertEquals("""
                    400 {"type":"about:blank","title":"Bad Request","status":400,\
                    "detail":"`Idempotency-Key` is not 1 to 255 visible ASCII characters: use a UUID, for example."}""", answer.told());
        }
        assertEquals(400, client.post("{}", "Idempotency-Key", "a".repeat(256)).status());
        assertEquals(
                400,
                client.post("{}", "Idempotency-Key", "a", "Idempotency-Key", "b")
                        .status());
        assertEquals(0, service.documents().countDocuments());
    }

    @Test
    void manyAtOnce_storeOne() throws Exception {
        for (int round = 0; round < 20; round++) {
            String fresh = UUID.randomUUID().toString();
            List<Answer> answers =
                    together(32, i -> () -> (i % 2 == 0 ? client : other).post("{\"n\":1}", "Idempotency-Key", fresh));

            assertEquals(1, answers.stream().map(Answer::told).distinct().count(), answers::toString);
            assertEquals(201, answers.getFirst().status());
            assertEquals(round + 1, service.documents().countDocuments());
        }
    }

    @Test
    void manyArraysAtOnce_storeOne() throws Exception {
        String array = "[" + "{\"n\":1},".repeat(50) + "{\"_id\":\"" + key + "\"}]";
        List<Answer> answers =
                together(32, i -> () -> (i % 2 == 0 ? client : other).post(array, "Idempotency-Key", key));

        assertEquals(1, answers.stream().map(Answer::told).distinct().count(), answers::toString);
        assertEquals(201, answers.getFirst().status());
        assertEquals(51, service.documents().countDocuments());
    }

    @Test
    void manyWithOtherDocumentsAtOnce_storeOne() throws Exception {
        List<Answer> answers = together(
                32, i -> () -> (i % 2 == 0 ? client : other).post("{\"n\":" + i + "}", "Idempotency-Key", key));

        assertEquals(
                1, answers.stream().filter(answer -> answer.status() == 201).count());
        assertEquals(
                31, answers.stream().filter(answer -> answer.status() == 422).count());
        assertEquals(1, service.documents().countDocuments());
    }

    static List<Answer> together(int count, java.util.function.IntFunction<Callable<Answer>> task)
            throws InterruptedException, ExecutionException {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Answer>();
            for (Future<Answer> answer :
                    executor.invokeAll(IntStream.range(0, count).mapToObj(task).toList())) {
                answers.add(answer.get());
            }
            assertEquals(count, answers.size());
            return answers;
        }
    }
}
