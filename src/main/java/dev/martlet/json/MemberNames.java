package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/// The member names of one object, to find a name that comes twice. Names stay where they are written; only beyond 16 of them
/// they become strings in a set, which many colliding hash codes cannot slow down.
final class MemberNames {
    private static final int FEW = 16;

    private final int[] starts = new int[FEW];
    private final int[] ends = new int[FEW];
    private final int[] hashes = new int[FEW];
    private final Set<String> many = HashSet.newHashSet(0);
    private int count;

    void clear() {
        count = 0;
        many.clear();
    }

    /// Adds the name in `bytes[start, end)`; answers false when it was there already. The array may be another one at the next
    /// call, as long as it has the same content.
    boolean add(byte[] bytes, int start, int end) {
        if (count == FEW) {
            return addToMany(bytes, start, end);
        }
        int hash = end - start;
        for (int i = start; i < end; i++) {
            hash = hash * 31 + bytes[i];
        }
        for (int i = 0; i < count; i++) {
            if (hashes[i] == hash && Arrays.equals(bytes, starts[i], ends[i], bytes, start, end)) {
                return false;
            }
        }
        starts[count] = start;
        ends[count] = end;
        hashes[count++] = hash;
        return true;
    }

    private boolean addToMany(byte[] bytes, int start, int end) {
        if (many.isEmpty()) {
            for (int i = 0; i < FEW; i++) {
                many.add(new String(bytes, starts[i], ends[i] - starts[i], UTF_8));
            }
        }
        return many.add(new String(bytes, start, end - start, UTF_8));
    }
}
