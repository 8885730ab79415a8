package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The member names of the open objects, to find a name that appears twice in one object.
///
/// Names stay where they are written, and their first eight bytes distinguish nearly all of them. An object with
/// more than 16 names has a set of strings, which no choice of names can slow down.
final class MemberNames {
    private static final int FEW = 16;

    private final BsonBuffer out;
    /// The names of the outermost object, then those of the object inside, and so on: at most the first 16 of each
    /// object.
    private long[] beginnings = new long[FEW];
    private int[] starts = new int[FEW];
    private int count;
    /// All names of larger objects. The key is the index of the object's first name in the arrays.
    private final Map<Integer, Set<String>> many = new HashMap<>(0);

    MemberNames(BsonBuffer out) {
        this.out = out;
    }

    /// Begins an object.
    ///
    /// @return a handle of the object
    int open() {
        return count;
    }

    /// Ends the object that was begun last.
    void close(int object) {
        if (count - object == FEW) {
            many.remove(object);
        }
        count = object;
    }

    /// Adds the name that was written last to the object. The name begins at `start` and has no closing zero yet.
    ///
    /// @return false if the object has that name already
    boolean add(int object, int start) {
        if (count - object == FEW) {
            return many.computeIfAbsent(object, this::first).add(name(start, out.size()));
        }
        long beginning = out.lastEight(start);
        for (int i = object; i < count; i++) {
            if (beginnings[i] == beginning && sameName(starts[i], start)) {
                return false;
            }
        }
        if (count == starts.length) {
            beginnings = Arrays.copyOf(beginnings, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count);
        }
        beginnings[count] = beginning;
        starts[count++] = start;
        return true;
    }

    private boolean sameName(int earlier, int start) {
        byte[] bytes = out.bytes();
        int length = out.size() - start;
        return bytes[earlier + length] == 0
                && Arrays.equals(bytes, earlier, earlier + length, bytes, start, start + length);
    }

    private Set<String> first(int object) {
        Set<String> names = new HashSet<>();
        for (int i = object; i < count; i++) {
            names.add(name(starts[i], Bson.nameEnd(out.bytes(), starts[i], out.size())));
        }
        return names;
    }

    private String name(int start, int end) {
        return new String(out.bytes(), start, end - start, UTF_8);
    }
}
