package dev.martlet;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TrainingTest {

    /// Every request of the training run gets the answer that it expects. Otherwise no image could be built.
    @Test
    void everyRoute_answersAsTheTrainingExpects() throws Exception {
        Training.run(Duration.ZERO);
    }
}
