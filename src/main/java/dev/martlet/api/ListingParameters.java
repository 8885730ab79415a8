package dev.martlet.api;

import dev.martlet.http.PercentEncoding;
import dev.martlet.http.Problem;
import dev.martlet.http.Route;
import dev.martlet.json.DocumentId;
import dev.martlet.store.Query;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonValue;

/// What `GET /data?…` asks for.
///
/// @param query what the store selects: for a page, one document more than it holds, to see whether more follow
/// @param token the id to begin after, if no address can name it
/// @param limit how many documents a page holds at most
/// @param paged whether it is a page: it has a limit, and is in the order of `_id`
record ListingParameters(Query query, Optional<PageToken> token, int limit, boolean paged) {

    private static final int MOST = 10_000;
    /// What other services expect after a name, and between names. Here it would be part of a name that hardly any
    /// document has, and do nothing. The price: a member with such a name can be filtered by, but neither sorted by
    /// nor selected.
    private static final Pattern DIRECTION =
            Pattern.compile(":(asc|ascending|desc|descending|[+-]?1|0|true|false)$", Pattern.CASE_INSENSITIVE);
    private static final Set<String> DESCENDING = Set.of("desc", "descending", "-1");
    private static final Pattern SEPARATOR = Pattern.compile("[\\s;]", Pattern.UNICODE_CHARACTER_CLASS);
    static final Set<String> NAMES = Set.of("limit", "after", "cursor", "filter", "sort", "fields");
    /// Without `cursor`, which only a `Link` has.
    private static final List<String> OFFERED = List.of("limit", "after", "filter", "sort", "fields");

    static ListingParameters of(ServerRequest request) {
        Route.requireParameters(request, NAMES, "use " + Problem.oneOf(OFFERED));
        int limit = parameter(request, "limit").map(ListingParameters::limit).orElse(0);
        BsonDocument sort =
                parameter(request, "sort").map(ListingParameters::sort).orElseGet(BsonDocument::new);
        Optional<BsonValue> after = parameter(request, "after").map(DocumentId::parse);
        Optional<PageToken> token = parameter(request, "cursor").map(PageToken::parse);
        if (after.isPresent() && token.isPresent()) {
            throw Problem.badRequest("`after` and `cursor` both say where the page begins: give one of them.");
        }
        if ((after.isPresent() || token.isPresent()) && !sort.isEmpty()) {
            throw Problem.badRequest(
                    "`after` follows the order of `_id` and cannot be combined with `sort`: omit one of them.");
        }
        boolean paged = limit > 0 && sort.isEmpty();
        var query = new Query(
                parameter(request, "filter").map(QueryFilter::parse).orElseGet(BsonDocument::new),
                sort,
                parameter(request, "fields").map(ListingParameters::fields).orElseGet(BsonDocument::new),
                after,
                paged ? limit + 1 : limit);
        return new ListingParameters(query, token, limit, paged);
    }

    private static Optional<String> parameter(ServerRequest request, String name) {
        return request.query().contains(name) ? Optional.of(request.query().get(name)) : Optional.empty();
    }

    private static int limit(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= MOST) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // It is refused below, like a number out of range.
        }
        throw Problem.badRequest(
                "`limit` is `" + Problem.quoted(text) + "`: give a whole number from 1 to " + MOST + ".");
    }

    private static BsonDocument sort(String text) {
        var sort = new BsonDocument();
        for (String name : names("sort", text)) {
            boolean descending = name.startsWith("-");
            String path = path("sort", descending ? name.substring(1) : name);
            if (sort.put(path, new BsonInt32(descending ? -1 : 1)) != null) {
                throw Problem.badRequest("`sort` names `" + Problem.quoted(path) + "` twice: name it once.");
            }
        }
        // This makes the order complete: otherwise equal documents could change places between two requests.
        sort.putIfAbsent("_id", new BsonInt32(1));
        return sort;
    }

    private static BsonDocument fields(String text) {
        var fields = new BsonDocument();
        for (String name : names("fields", text)) {
            fields.put(path("fields", name), new BsonInt32(1));
        }
        for (String name : fields.keySet()) {
            if (fields.keySet().stream().anyMatch(other -> name.startsWith(other + "."))) {
                throw Problem.badRequest(
                        "`fields` names `" + Problem.quoted(name) + "` and what it is part of: omit one of them.");
            }
        }
        return fields;
    }

    private static List<String> names(String parameter, String text) {
        if (text.indexOf('{') >= 0 || text.indexOf('"') >= 0) {
            throw Problem.badRequest(
                    "`" + parameter + "` is `" + Problem.quoted(text) + "`, which is JSON: write names, as in `"
                            + (parameter.equals("sort") ? "sort=-age,name" : "fields=name,age") + "`.");
        }
        List<String> names = List.of(text.split(",", -1));
        if (names.size() > 32) {
            throw Problem.badRequest("`" + parameter + "` names more than 32 members: name fewer.");
        }
        return names;
    }

    private static String path(String parameter, String path) {
        if (path.isEmpty()) {
            throw Problem.badRequest("`" + parameter + "` has an empty name in it: separate names by one comma.");
        }
        if (path.startsWith("-")
                || path.startsWith(".")
                || path.endsWith(".")
                || path.contains("..")
                || path.startsWith("$")
                || path.contains(".$")
                || path.indexOf(0) >= 0) {
            throw wrong(parameter, path, "is not the path of a member: use names such as `address.city`.");
        }
        var direction = DIRECTION.matcher(path);
        if (direction.find()) {
            boolean descending = parameter.equals("sort")
                    && DESCENDING.contains(direction.group(1).toLowerCase(Locale.ROOT));
            throw Problem.badRequest("`" + parameter + "` names `" + Problem.quoted(path) + "`: write `"
                    + (descending ? "-" : "") + Problem.quoted(path.substring(0, direction.start())) + "`.");
        }
        if (SEPARATOR.matcher(path).find()) {
            throw wrong(parameter, path, "holds white space or `;`: separate names by a comma alone.");
        }
        return path;
    }

    private static Problem wrong(String parameter, String path, String what) {
        return Problem.badRequest("`" + parameter + "` names `" + Problem.quoted(path) + "`, which " + what);
    }

    /// The target of `Link: <…>; rel="next"`: this request again, beginning after the given document.
    ///
    /// @param before an earlier id that an address can name
    String next(ServerRequest request, BsonValue last, Optional<BsonValue> before) {
        var target = new StringBuilder("/data?");
        for (String name : List.of("limit", "filter", "fields")) {
            parameter(request, name).ifPresent(value -> target.append(name)
                    .append('=')
                    .append(PercentEncoding.encode(value))
                    .append('&'));
        }
        return target.append(
                        PageToken.needless(last)
                                ? "after=" + PercentEncoding.encode(DocumentId.text(last))
                                : "cursor=" + PageToken.of(last, before))
                .toString();
    }
}
