package dev.martlet.local;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDbPointer;
import org.bson.BsonDocument;
import org.bson.BsonJavaScript;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonNumber;
import org.bson.BsonObjectId;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/// MongoDB's order of values of all types. It defines equality too: `1` and `1.0` are equal.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/">Comparison order</a>
final class ValueOrder implements Comparator<BsonValue> {

    static final ValueOrder ASCENDING = new ValueOrder();

    private ValueOrder() {}

    @Override
    public int compare(BsonValue a, BsonValue b) {
        int byType = Integer.compare(rank(a), rank(b));
        if (byType != 0) {
            return byType;
        }
        return switch (a) {
            case BsonObjectId x -> x.getValue().compareTo(b.asObjectId().getValue());
            case BsonString x -> strings(x.getValue(), text(b));
            case BsonSymbol x -> strings(x.getSymbol(), text(b));
            case BsonNumber x -> NumberOrder.compare(x, b.asNumber());
            case BsonArray x -> arrays(x, b.asArray());
            case BsonDocument x -> documents(x, b.asDocument());
            case BsonBoolean x -> Boolean.compare(x.getValue(), b.asBoolean().getValue());
            case BsonDateTime x -> Long.compare(x.getValue(), b.asDateTime().getValue());
            case BsonTimestamp x ->
                Long.compareUnsigned(x.getValue(), b.asTimestamp().getValue());
            case BsonBinary x -> binaries(x, b.asBinary());
            case BsonRegularExpression x -> regularExpressions(x, b.asRegularExpression());
            case BsonJavaScript x -> strings(x.getCode(), b.asJavaScript().getCode());
            case BsonJavaScriptWithScope x -> codes(x, b.asJavaScriptWithScope());
            case BsonDbPointer x -> pointers(x, b.asDBPointer());
            default -> 0;
        };
    }

    /// Whether a comparison treats the two types as one: `{"$gt": "x"}` finds only strings.
    static boolean sameType(BsonValue a, BsonValue b) {
        return rank(a) == rank(b);
    }

    private static int rank(BsonValue value) {
        return switch (value.getBsonType()) {
            case MIN_KEY -> -1;
            case UNDEFINED, END_OF_DOCUMENT -> 0;
            case NULL -> 1;
            case INT32, INT64, DOUBLE, DECIMAL128 -> 2;
            case STRING, SYMBOL -> 3;
            case DOCUMENT -> 4;
            case ARRAY -> 5;
            case BINARY -> 6;
            case OBJECT_ID -> 7;
            case BOOLEAN -> 8;
            case DATE_TIME -> 9;
            case TIMESTAMP -> 10;
            case REGULAR_EXPRESSION -> 11;
            case DB_POINTER -> 12;
            case JAVASCRIPT -> 13;
            case JAVASCRIPT_WITH_SCOPE -> 14;
            case MAX_KEY -> 15;
        };
    }

    private static String text(BsonValue value) {
        return value instanceof BsonSymbol symbol
                ? symbol.getSymbol()
                : value.asString().getValue();
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

    /// Member by member: the type first, then the name, then the value.
    private int documents(BsonDocument a, BsonDocument b) {
        Iterator<Map.Entry<String, BsonValue>> left = a.entrySet().iterator();
        Iterator<Map.Entry<String, BsonValue>> right = b.entrySet().iterator();
        while (left.hasNext() && right.hasNext()) {
            Map.Entry<String, BsonValue> x = left.next();
            Map.Entry<String, BsonValue> y = right.next();
            int order = Integer.compare(rank(x.getValue()), rank(y.getValue()));
            if (order == 0) {
                order = strings(x.getKey(), y.getKey());
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

    private int arrays(BsonArray a, BsonArray b) {
        Iterator<BsonValue> left = a.iterator();
        Iterator<BsonValue> right = b.iterator();
        while (left.hasNext() && right.hasNext()) {
            int order = compare(left.next(), right.next());
            if (order != 0) {
                return order;
            }
        }
        return Boolean.compare(left.hasNext(), right.hasNext());
    }

    /// By length, then subtype, then bytes.
    private static int binaries(BsonBinary a, BsonBinary b) {
        int byLength = Integer.compare(a.getData().length, b.getData().length);
        int bySubtype = Integer.compare(a.getType() & 0xFF, b.getType() & 0xFF);
        return byLength != 0 ? byLength : bySubtype != 0 ? bySubtype : Arrays.compareUnsigned(a.getData(), b.getData());
    }

    private static int regularExpressions(BsonRegularExpression a, BsonRegularExpression b) {
        int byPattern = strings(a.getPattern(), b.getPattern());
        return byPattern != 0 ? byPattern : strings(a.getOptions(), b.getOptions());
    }

    private int codes(BsonJavaScriptWithScope a, BsonJavaScriptWithScope b) {
        int byCode = strings(a.getCode(), b.getCode());
        return byCode != 0 ? byCode : documents(a.getScope(), b.getScope());
    }

    private static int pointers(BsonDbPointer a, BsonDbPointer b) {
        int byName = strings(a.getNamespace(), b.getNamespace());
        return byName != 0 ? byName : a.getId().compareTo(b.getId());
    }
}
