package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChangeRingTest {

    private final ChangeRing ring = new ChangeRing(1000);

    /// An event that counts as 300 bytes.
    private static Told told(String place) {
        return new Told(place, new byte[200 - place.length()], Optional.empty());
    }

    private static String places(List<Told> told) {
        return String.join(" ", told.stream().map(Told::place).toList());
    }

    @Test
    void change_isFoundByItsPlace() {
        ring.begin("10");
        ring.add(List.of(told("12"), told("14")), "15");

        assertEquals("12 14", places(ring.from(ring.after("10"), 1000)));
        assertEquals("14", places(ring.from(ring.after("12"), 1000)));
        assertEquals("14", places(ring.from(ring.after("13"), 1000)));
        assertEquals("", places(ring.from(ring.after("14"), 1000)));
        assertEquals(ring.next(), ring.after("15"));
    }

    @Test
    void placesBeforeAndBeyond_areNotCovered() {
        ring.begin("10");
        ring.add(List.of(told("12")), "15");

        assertFalse(ring.covers("09"));
        assertTrue(ring.covers("10"));
        assertTrue(ring.covers("15"));
        assertFalse(ring.covers("16"));
    }

    @Test
    void excess_isForgotten_butNotTheLast() {
        ring.begin("10");
        ring.add(List.of(told("11"), told("12"), told("13"), told("14")), "14");
        long first = ring.first();
        ring.forget(ring.excess());

        assertEquals(first + 1, ring.first());
        assertTrue(ring.covers("11"));
        assertFalse(ring.covers("10"));
        assertEquals("12 13 14", places(ring.from(ring.first(), 10_000)));

        ring.add(List.of(new Told("15", new byte[5000], Optional.empty())), "15");
        ring.forget(ring.excess());
        assertEquals("15", places(ring.from(ring.first(), 1)));
    }

    @Test
    void newBeginning_leavesEverybodyBehind() {
        ring.begin("10");
        ring.add(List.of(told("11")), "11");
        long next = ring.next();
        ring.begin("20");

        assertTrue(next < ring.first());
        assertEquals("20", ring.place());
        assertFalse(ring.covers("11"));
    }
}
