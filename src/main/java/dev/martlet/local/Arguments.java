package dev.martlet.local;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the arguments of a command.
final class Arguments {

    private Arguments() {}

    static <T> T required(Document command, String field, Class<T> type) {
        return type.cast(check(type.isInstance(command.get(field)), command.get(field), field, type));
    }

    static @Nullable Document document(Document command, String field) {
        Object value = command.get(field);
        return value == null ? null : required(command, field, Document.class);
    }

    static int number(Document command, String field, int otherwise) {
        return command.get(field) instanceof Number number ? number.intValue() : otherwise;
    }

    @SuppressWarnings("unchecked")
    static <T> List<T> list(Document command, String field, Class<T> element) {
        List<?> list = required(command, field, List.class);
        list.forEach(each -> check(element.isInstance(each), each, field, element));
        return (List<T>) list;
    }

    private static Object check(boolean valid, @Nullable Object value, String field, Class<?> type) {
        if (!valid || value == null) {
            throw new MongoServerError(14, "TypeMismatch", "'" + field + "' must be of type " + type.getSimpleName());
        }
        return value;
    }
}
