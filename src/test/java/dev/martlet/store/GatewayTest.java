package dev.martlet.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.martlet.LogLines;
import dev.martlet.SharedDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.junit.jupiter.api.Test;

class GatewayTest {

    private static final String INSERT = "WARNING The database refuses the operation `insert` (code 8000, Some)";
    private static final String FIND = "WARNING The database refuses the operation `find` (code 8000, Some)";

    private final TestTime time = new TestTime();
    private final Gateway gateway = new Gateway(
            SharedDatabase.access(),
            SharedDatabase.driver(),
            new Breaker(() -> {}, Duration.ofSeconds(15), time),
            (operation, nanos, failed) -> {},
            time);

    private static Trouble trouble() {
        return Trouble.of(
                new BsonDocument("code", new BsonInt32(8000)).append("codeName", new BsonString("Some")), Set.of());
    }

    @Test
    void refusal_isToldOnceAMinute_alsoWithSuccessesInBetween() {
        try (var log = LogLines.of(Gateway.class)) {
            for (int second = 0; second < 60; second++) {
                gateway.tell("insert", trouble());
                gateway.succeeded();
                time.pass(Duration.ofSeconds(1));
            }
            assertEquals(List.of(INSERT), log.lines());

            gateway.tell("find", trouble());
            gateway.tell("insert", trouble());
            gateway.tell("insert", trouble());

            assertEquals(List.of(INSERT, FIND, INSERT), log.lines());
        }
    }
}
