package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.http.Resource;
import dev.martlet.json.JsonReader;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/// What `/openapi` says, to check answers against.
final class Described {

    private static final BsonDocument DOCUMENT =
            JsonReader.query(new String(Resource.bytes(Api.class, "openapi.json"), UTF_8));
    private static final Set<String> METHODS = Set.of("get", "head", "post", "put", "patch", "delete", "options");

    private Described() {}

    /// Each method and path, such as `GET /data/{id}`.
    static Set<String> operations() {
        var operations = new LinkedHashSet<String>();
        DOCUMENT.getDocument("paths").forEach((path, item) -> item.asDocument().keySet().stream()
                .filter(METHODS::contains)
                .forEach(method -> operations.add(method.toUpperCase(Locale.ROOT) + " " + path)));
        return operations;
    }

    /// The statuses of an operation, without `default`.
    static Set<Integer> statuses(String operation) {
        return operation(operation).getDocument("responses").keySet().stream()
                .filter(status -> !status.equals("default"))
                .map(Integer::valueOf)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /// The names of an operation's parameters.
    static Set<String> parameters(String operation, String in) {
        return Stream.concat(parameters(operation(operation)), parameters(item(operation)))
                .filter(parameter -> parameter.getString("in").getValue().equals(in))
                .map(parameter -> parameter.getString("name").getValue())
                .collect(Collectors.toSet());
    }

    private static Stream<BsonDocument> parameters(BsonDocument owner) {
        return owner.getArray("parameters", new BsonArray()).stream().map(Described::resolved);
    }

    private static BsonDocument item(String operation) {
        return DOCUMENT.getDocument("paths").getDocument(operation.split(" ", -1)[1]);
    }

    private static BsonDocument operation(String operation) {
        return item(operation).getDocument(operation.split(" ", -1)[0].toLowerCase(Locale.ROOT));
    }

    private static BsonDocument resolved(BsonValue value) {
        BsonDocument document = value.asDocument();
        if (!document.containsKey("$ref")) {
            return document;
        }
        BsonDocument target = DOCUMENT;
        for (String step :
                document.getString("$ref").getValue().substring("#/".length()).split("/", -1)) {
            target = target.getDocument(step);
        }
        return target;
    }

    /// Fails unless the document says that this may be the answer to such a request.
    static void check(String method, String target, Answer answer) {
        String path = target.split("\\?", 2)[0];
        String template = template(path);
        String operation = method + " " + template;
        if (!DOCUMENT.getDocument("paths").containsKey(template)) {
            assertEquals(404, answer.status(), () -> path + " is not described, but answers");
        } else if (!operations().contains(operation)) {
            assertEquals(405, answer.status(), () -> operation + " is not described, but answers");
        } else {
            assertTrue(
                    statuses(operation).contains(answer.status()),
                    () -> operation + " is not described to answer " + answer);
            checkResponse(
                    operation,
                    resolved(Objects.requireNonNull(
                            operation(operation).getDocument("responses").get(Integer.toString(answer.status())))),
                    answer);
        }
    }

    private static String template(String path) {
        return path.matches("/data/[^/]+") ? "/data/{id}" : path;
    }

    private static void checkResponse(String operation, BsonDocument response, Answer answer) {
        BsonDocument content = response.getDocument("content", new BsonDocument());
        String type = answer.header("Content-Type").split(";", -1)[0];
        assertEquals(
                content.isEmpty(),
                answer.bytes().length == 0 && !content.containsKey(type),
                () -> operation + ": a body, or none, is described, not " + answer);
        assertTrue(
                content.isEmpty() || content.containsKey(type),
                () -> operation + " is not described to answer " + type);
        BsonDocument headers = response.getDocument("headers", new BsonDocument());
        headers.forEach((name, header) -> assertTrue(
                !resolved(header).containsKey("required")
                        || answer.headers().containsKey(name.toLowerCase(Locale.ROOT)),
                () -> operation + " answers without " + name));
        for (String name : List.of("ETag", "Location", "Link", "Vary", "Allow", "Retry-After", "WWW-Authenticate")) {
            assertTrue(
                    !answer.headers().containsKey(name.toLowerCase(Locale.ROOT))
                            || headers.containsKey(name)
                            || answer.status() >= 400,
                    () -> operation + " is not described to answer with " + name + ": " + answer);
        }
    }
}
