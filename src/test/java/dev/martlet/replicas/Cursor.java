package dev.martlet.replicas;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// The rest of a `find`. In the order of `_id`, it reads each document only when it gets there.
final class Cursor {

    private static final int MOST_BYTES = 16 << 20;

    private final Member member;
    private final String collection;
    private final BsonDocument filter;
    private final BsonDocument projection;
    private final boolean majority;
    private final @Nullable Session session;
    private final @Nullable Queue<RawBsonDocument> sorted;
    private @Nullable BsonValue last;
    private long left;
    private boolean ended;

    Cursor(Member member, BsonDocument find, String collection, boolean majority, @Nullable Session session)
            throws Failure {
        this.member = member;
        this.collection = collection;
        this.majority = majority;
        this.session = session;
        this.filter = find.getDocument("filter", new BsonDocument());
        this.projection = find.getDocument("projection", new BsonDocument());
        this.last = Commands.Keys.before(filter);
        long limit = find.getNumber("limit", new BsonInt32(0)).longValue();
        this.left = limit == 0 ? Long.MAX_VALUE : Math.abs(limit);
        BsonDocument sort = find.getDocument("sort", new BsonDocument());
        boolean natural = sort.isEmpty() || sort.equals(new BsonDocument("_id", new BsonInt32(1)));
        this.sorted = natural ? null : new ArrayDeque<>(sorted(sort));
    }

    boolean ended() {
        return ended;
    }

    BsonArray next(int most) throws Failure {
        var batch = new BsonArray();
        for (int bytes = 0; batch.size() < most && bytes < MOST_BYTES; ) {
            RawBsonDocument document = left == 0 ? null : sorted == null ? following() : sorted.poll();
            if (document == null) {
                ended = true;
                break;
            }
            left--;
            bytes += document.getByteLength();
            batch.add(projected(document));
        }
        ended |= left == 0;
        return batch;
    }

    private List<RawBsonDocument> sorted(BsonDocument sort) throws Failure {
        List<RawBsonDocument> all = new ArrayList<>();
        for (RawBsonDocument next = following(); next != null; next = following()) {
            all.add(next);
        }
        Comparator<RawBsonDocument> order = (_, _) -> 0;
        for (Map.Entry<String, BsonValue> by : sort.entrySet()) {
            Comparator<RawBsonDocument> one =
                    Comparator.comparing(each -> each.get(by.getKey(), BsonNull.VALUE), Values.ORDER);
            order = order.thenComparing(by.getValue().asNumber().intValue() < 0 ? one.reversed() : one);
        }
        all.sort(order);
        return all;
    }

    private @Nullable RawBsonDocument following() throws Failure {
        BsonValue only = Commands.Keys.only(filter);
        if (only != null) {
            RawBsonDocument document = last == null ? read(only) : null;
            last = only;
            return document != null && Values.matches(filter, document) ? document : null;
        }
        while (true) {
            BsonValue key = session == null
                    ? member.data().keyAfter(index(), collection, last)
                    : session.keyAfter(collection, last);
            if (key == null) {
                return null;
            }
            last = key;
            RawBsonDocument document = read(key);
            if (document != null && Values.matches(filter, document)) {
                return document;
            }
        }
    }

    private @Nullable RawBsonDocument read(BsonValue key) {
        return session == null
                ? (RawBsonDocument) member.data().at(index(), collection, key)
                : session.read(collection, key);
    }

    private long index() {
        return majority ? member.committed() : Long.MAX_VALUE;
    }

    private BsonDocument projected(RawBsonDocument document) throws Failure {
        if (projection.isEmpty()) {
            return document;
        }
        var part = new BsonDocument();
        for (Map.Entry<String, BsonValue> member : document.entrySet()) {
            BsonValue wanted = projection.get(
                    member.getKey(), member.getKey().equals("_id") ? BsonBoolean.TRUE : BsonBoolean.FALSE);
            boolean included = wanted.isBoolean()
                    ? wanted.asBoolean().getValue()
                    : wanted.asNumber().intValue() != 0;
            if (included) {
                part.append(member.getKey(), member.getValue());
            }
        }
        return part;
    }
}
