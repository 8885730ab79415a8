package dev.martlet.api;

import java.util.ArrayList;
import java.util.List;

/// The last changes, numbered in order. Not safe for use by several threads at once.
///
/// ```
///      begin   first               next
///   ──────┴──────┴──┴──┴──┴──┴──┴──┘ place
/// ```
final class ChangeRing {

    private final long mostBytes;
    private final List<Told> told = new ArrayList<>();
    private String begin = "";
    private String place = "";
    private long first;
    private long bytes;

    ChangeRing(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /// Begins anew. Readers at earlier numbers are lost.
    void begin(String at) {
        first = next() + 1;
        told.clear();
        bytes = 0;
        begin = at;
        place = at;
    }

    /// @param at the place that the changes have reached, perhaps beyond the last of these
    void add(List<Told> more, String at) {
        told.addAll(more);
        more.forEach(one -> bytes += one.bytes());
        place = at;
    }

    /// The number before which changes should be forgotten, because there are too many. The last change is never
    /// forgotten.
    long excess() {
        long left = bytes;
        int count = 0;
        while (left > mostBytes && count < told.size() - 1) {
            left -= told.get(count++).bytes();
        }
        return first + count;
    }

    /// Forgets the changes before a number.
    void forget(long number) {
        List<Told> old = told.subList(0, (int) (number - first));
        if (!old.isEmpty()) {
            begin = old.getLast().place();
            old.forEach(one -> bytes -= one.bytes());
            old.clear();
            first = number;
        }
    }

    long first() {
        return first;
    }

    long next() {
        return first + told.size();
    }

    /// The place that the changes have reached.
    String place() {
        return place;
    }

    /// Whether it has all changes after a place, and no change is missing in between.
    boolean covers(String after) {
        return begin.compareTo(after) <= 0 && after.compareTo(place) <= 0;
    }

    /// The number of the first change after a place.
    long after(String after) {
        int low = 0;
        int high = told.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (told.get(middle).place().compareTo(after) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return first + low;
    }

    /// The changes from a number on, up to this many bytes, but at least one.
    List<Told> from(long number, int most) {
        var some = new ArrayList<Told>();
        int size = 0;
        for (int i = (int) (number - first); i < told.size() && size < most; i++) {
            some.add(told.get(i));
            size += told.get(i).bytes();
        }
        return some;
    }
}
