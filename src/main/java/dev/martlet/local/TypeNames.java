package dev.martlet.local;

import static java.util.Map.entry;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.bson.BsonArray;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.BsonValue;

/// The names and numbers of types that `$type` accepts.
///
/// @see <a href="https://www.mongodb.com/docs/manual/reference/operator/query/type/">$type</a>
final class TypeNames {

    private static final Map<String, BsonType> NAMES = Map.ofEntries(
            entry("double", BsonType.DOUBLE),
            entry("string", BsonType.STRING),
            entry("object", BsonType.DOCUMENT),
            entry("array", BsonType.ARRAY),
            entry("binData", BsonType.BINARY),
            entry("undefined", BsonType.UNDEFINED),
            entry("objectId", BsonType.OBJECT_ID),
            entry("bool", BsonType.BOOLEAN),
            entry("date", BsonType.DATE_TIME),
            entry("null", BsonType.NULL),
            entry("regex", BsonType.REGULAR_EXPRESSION),
            entry("dbPointer", BsonType.DB_POINTER),
            entry("javascript", BsonType.JAVASCRIPT),
            entry("symbol", BsonType.SYMBOL),
            entry("javascriptWithScope", BsonType.JAVASCRIPT_WITH_SCOPE),
            entry("int", BsonType.INT32),
            entry("timestamp", BsonType.TIMESTAMP),
            entry("long", BsonType.INT64),
            entry("decimal", BsonType.DECIMAL128),
            entry("minKey", BsonType.MIN_KEY),
            entry("maxKey", BsonType.MAX_KEY));
    private static final Set<BsonType> NUMBERS =
            EnumSet.of(BsonType.INT32, BsonType.INT64, BsonType.DOUBLE, BsonType.DECIMAL128);

    private TypeNames() {}

    /// The types that an operand of `$type` names.
    static Set<BsonType> types(BsonValue operand) {
        Set<BsonType> types = EnumSet.noneOf(BsonType.class);
        if (operand instanceof BsonArray several) {
            several.forEach(each -> types.addAll(named(each)));
        } else {
            types.addAll(named(operand));
        }
        return types;
    }

    private static Set<BsonType> named(BsonValue operand) {
        if (operand instanceof BsonString name && name.getValue().equals("number")) {
            return NUMBERS;
        }
        if (operand instanceof BsonString name && NAMES.containsKey(name.getValue())) {
            return EnumSet.of(NAMES.get(name.getValue()));
        }
        if (operand instanceof BsonNumber number && number.doubleValue() == number.intValue()) {
            // The least key is -1 for MongoDB, and 255 in a byte of BSON.
            for (BsonType type : NAMES.values()) {
                if ((byte) type.getValue() == (byte) number.intValue() && number.intValue() <= 255) {
                    return EnumSet.of(type);
                }
            }
        }
        throw CommandFailure.badValue("$type needs the name or the number of a BSON type");
    }
}
