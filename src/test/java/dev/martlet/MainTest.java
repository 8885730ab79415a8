package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MainTest {
    @Test
    void main_runs() {
        assertTrue(true);
    }
}
