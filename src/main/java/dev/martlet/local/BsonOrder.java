package dev.martlet.local;

import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.bson.BinData;
import de.bwaldvogel.mongo.bson.BsonJavaScript;
import de.bwaldvogel.mongo.bson.BsonRegularExpression;
import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.Decimal128;
import de.bwaldvogel.mongo.bson.LegacyUUID;
import de.bwaldvogel.mongo.bson.MaxKey;
import de.bwaldvogel.mongo.bson.MinKey;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// MongoDB's order of values, whatever their types, and with it what equal means: `1` and `1.0` are equal.
///
/// The query engine's own comparator will not do: it takes two arrays with the same smallest element for equal,
/// compares decimals as doubles and strings by UTF-16 unit.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/">Comparison order</a>
final class BsonOrder implements Comparator<@Nullable Object> {

    static final BsonOrder ASCENDING = new BsonOrder();

    private BsonOrder() {}

    @Override
    public int compare(@Nullable Object a, @Nullable Object b) {
        int byType = Integer.compare(rank(a), rank(b));
        if (byType != 0) {
            return byType;
        }
        return switch (a) {
            case Number x when b instanceof Number y -> numbers(x, y);
            case String x when b instanceof String y -> strings(x, y);
            case Map<?, ?> x when b instanceof Map<?, ?> y -> documents(x, y);
            case Collection<?> x when b instanceof Collection<?> y -> arrays(x, y);
            case ObjectId x when b instanceof ObjectId y -> x.compareTo(y);
            case Boolean x when b instanceof Boolean y -> x.compareTo(y);
            case Instant x when b instanceof Instant y -> x.compareTo(y);
            case BsonTimestamp x when b instanceof BsonTimestamp y -> x.compareTo(y);
            case BsonJavaScript x when b instanceof BsonJavaScript y -> strings(x.getCode(), y.getCode());
            case BsonRegularExpression x
            when b instanceof BsonRegularExpression y -> {
                int byPattern = strings(x.getPattern(), y.getPattern());
                yield byPattern != 0 ? byPattern : strings(x.getOptions(), y.getOptions());
            }
            case BinData _, UUID _, LegacyUUID _ -> binaries(a, b);
            case null, default -> 0;
        };
    }

    /// Whether a range of `value` can hold `other`: a comparison never leaves the type, so `{$gt: "x"}` finds strings
    /// only.
    static boolean sameType(@Nullable Object value, @Nullable Object other) {
        return rank(value) == rank(other);
    }

    private static int rank(@Nullable Object value) {
        return switch (value) {
            case MinKey _ -> 0;
            case null -> 1;
            case Missing _ -> 1;
            case Number _ -> 2;
            case String _ -> 3;
            case Map<?, ?> _ -> 4;
            case Collection<?> _ -> 5;
            case BinData _, UUID _, LegacyUUID _ -> 6;
            case ObjectId _ -> 7;
            case Boolean _ -> 8;
            case Instant _ -> 9;
            case BsonTimestamp _ -> 10;
            case BsonRegularExpression _ -> 11;
            case BsonJavaScript _ -> 12;
            case MaxKey _ -> 14;
            default -> 13;
        };
    }

    private static int numbers(Number a, Number b) {
        if (isWhole(a) && isWhole(b)) {
            return Long.compare(a.longValue(), b.longValue());
        }
        int kind = kind(a);
        int byKind = Integer.compare(kind, kind(b));
        return byKind != 0 || kind != FINITE ? byKind : decimal(a).compareTo(decimal(b));
    }

    private static final int FINITE = 2;

    private static int kind(Number number) {
        return switch (number) {
            case Double d when d.isNaN() -> 0;
            case Double d when d.isInfinite() -> d < 0 ? 1 : 3;
            case Decimal128 d when d.toString().equals("NaN") -> 0;
            case Decimal128 d when d.toString().endsWith("Infinity") -> d.doubleValue() < 0 ? 1 : 3;
            default -> FINITE;
        };
    }

    private static boolean isWhole(Number number) {
        return number instanceof Integer || number instanceof Long;
    }

    private static BigDecimal decimal(Number number) {
        return switch (number) {
            case Double d -> new BigDecimal(d);
            case Decimal128 d -> d.toBigDecimal();
            default -> BigDecimal.valueOf(number.longValue());
        };
    }

    /// By code point, as UTF-8 bytes would compare. `String.compareTo` puts surrogate pairs before U+E000.
    private static int strings(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean supplementary = Character.isSurrogate(x);
                return supplementary == Character.isSurrogate(y) ? Character.compare(x, y) : supplementary ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    private int documents(Map<?, ?> a, Map<?, ?> b) {
        Iterator<? extends Map.Entry<?, ?>> left = a.entrySet().iterator();
        Iterator<? extends Map.Entry<?, ?>> right = b.entrySet().iterator();
        while (left.hasNext() && right.hasNext()) {
            Map.Entry<?, ?> x = left.next();
            Map.Entry<?, ?> y = right.next();
            int order = Integer.compare(rank(x.getValue()), rank(y.getValue()));
            if (order == 0) {
                order = strings((String) x.getKey(), (String) y.getKey());
            }
            if (order == 0) {
                order = compare(x.getValue(), y.getValue());
            }
            if (order != 0) {
                return order;
            }
        }
        return Boolean.compare(left.hasNext(), right.hasNext());
    }

    private int arrays(Collection<?> a, Collection<?> b) {
        Iterator<?> left = a.iterator();
        Iterator<?> right = b.iterator();
        while (left.hasNext() && right.hasNext()) {
            int order = compare(left.next(), right.next());
            if (order != 0) {
                return order;
            }
        }
        return Boolean.compare(left.hasNext(), right.hasNext());
    }

    /// By length, then subtype, then bytes.
    private static int binaries(@Nullable Object a, @Nullable Object b) {
        byte[] x = binary(a);
        byte[] y = binary(b);
        int byLength = Integer.compare(x.length, y.length);
        return byLength != 0 ? byLength : Arrays.compareUnsigned(x, y);
    }

    private static byte[] binary(@Nullable Object value) {
        return switch (value) {
            case UUID uuid ->
                ByteBuffer.allocate(17)
                        .put((byte) 4)
                        .putLong(uuid.getMostSignificantBits())
                        .putLong(uuid.getLeastSignificantBits())
                        .array();
            case LegacyUUID legacy ->
                ByteBuffer.allocate(17)
                        .put((byte) 3)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(legacy.getUuid().getMostSignificantBits())
                        .putLong(legacy.getUuid().getLeastSignificantBits())
                        .array();
            case BinData data ->
                ByteBuffer.allocate(1 + data.getData().length)
                        .put((byte) 0)
                        .put(data.getData())
                        .array();
            case null, default -> throw new IllegalArgumentException("not a binary: " + value);
        };
    }
}
