package dev.martlet.replicas;

import java.util.ArrayList;
import java.util.List;

/// A member's oplog. Two logs that have the same entry at a place are the same up to there, as in Raft.
final class Log {

    /// One entry: what was changed at once.
    ///
    /// @param term of the primary that made it
    /// @param at   when, by [System#nanoTime()]
    /// @param wall when, by [System#currentTimeMillis()]
    record Entry(long term, long index, long at, long wall, List<Data.Change> changes) {}

    private static final Entry START = new Entry(0, 0, 0, 0, List.of());

    private long base;
    private final List<Entry> entries = new ArrayList<>(List.of(START));

    Entry last() {
        return entries.getLast();
    }

    void add(Entry entry) {
        if (entry.index() != last().index() + 1) {
            throw new IllegalStateException("after " + last().index() + " came " + entry.index());
        }
        entries.add(entry);
    }

    boolean has(Entry entry) {
        return entry.index() >= base
                && entry.index() <= last().index()
                && at(entry.index()).term() == entry.term();
    }

    Entry at(long index) {
        return entries.get((int) (index - base));
    }

    /// The entries after this one, which must be in the log.
    List<Entry> after(Entry entry) {
        return entries.subList((int) (entry.index() - base) + 1, entries.size());
    }

    Entry removeLast() {
        return entries.removeLast();
    }

    /// The index of the first entry that is left.
    long base() {
        return base;
    }

    /// Forgets what came before.
    void forget(long index) {
        if (index > base) {
            entries.subList(0, (int) (index - base)).clear();
            base = index;
        }
    }
}
