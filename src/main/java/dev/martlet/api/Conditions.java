package dev.martlet.api;

import dev.martlet.http.Compression;
import dev.martlet.http.Problem;
import dev.martlet.http.Sha256;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.bson.RawBsonDocument;

/// Conditional requests: [RFC 9110, 13](https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests).
final class Conditions {

    private Conditions() {}

    /// The entity tag of a document: the first 128 bits of the SHA-256 of its stored bytes.
    static String etag(RawBsonDocument document) {
        byte[] digest = Sha256.of(List.of(document.getByteBuffer().asNIO()));
        return "\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(java.util.Arrays.copyOf(digest, 16))
                + "\"";
    }

    /// What `If-Match` and `If-None-Match` demand of the stored document before a write. Empty if neither is sent.
    static Optional<Predicate<Optional<RawBsonDocument>>> of(ServerRequest request) {
        Optional<Tags> match = tags(request, HeaderNames.IF_MATCH);
        Optional<Tags> noneMatch = tags(request, HeaderNames.IF_NONE_MATCH);
        if (match.isEmpty() && noneMatch.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                document -> match.map(tags -> tags.strongly(document)).orElse(true)
                        && !noneMatch.map(tags -> tags.weakly(document)).orElse(false));
    }

    /// @throws Problem 400 if the request has a condition: it is an insert, where a condition has no document
    static void requireNone(ServerRequest request) {
        for (HeaderName name : List.of(HeaderNames.IF_MATCH, HeaderNames.IF_NONE_MATCH)) {
            if (request.headers().contains(name)) {
                throw Problem.badRequest("`" + name.defaultCase()
                        + "` is not allowed for POST: omit it, or PUT the document to /data/{id} with it.");
            }
        }
    }

    /// Why a stored document, or its absence, is not what the request demands.
    ///
    /// @param id as it is shown
    static Problem failed(ServerRequest request, String id, Optional<RawBsonDocument> document) {
        String shown = "`_id` `" + id + "`";
        Optional<Tags> match = tags(request, HeaderNames.IF_MATCH);
        if (match.filter(tags -> !tags.strongly(document)).isPresent()) {
            return Problem.preconditionFailed(
                    document.isEmpty()
                            ? "There is no document with the " + shown
                                    + ", but `If-Match` demands one: PUT it without `If-Match` to create it."
                            : "The document has another `ETag` than `If-Match` demands: "
                                    + "GET it, and try again with its `ETag`.");
        }
        return Problem.preconditionFailed("A document with the " + shown
                + " exists, which `If-None-Match` forbids: omit `If-None-Match` to change it.");
    }

    /// Whether `If-Match` lets the client read the document.
    static boolean matches(ServerRequest request, RawBsonDocument document) {
        return tags(request, HeaderNames.IF_MATCH)
                .map(tags -> tags.strongly(Optional.of(document)))
                .orElse(true);
    }

    /// Whether the client already has this document.
    static boolean notModified(ServerRequest request, RawBsonDocument document) {
        return tags(request, HeaderNames.IF_NONE_MATCH)
                .map(tags -> tags.weakly(Optional.of(document)))
                .orElse(false);
    }

    /// @param any  `*`: any document
    /// @param tags opaque tags with their quotes
    /// @param weak the tags that were marked `W/`
    private record Tags(boolean any, List<String> tags, List<String> weak) {

        /// Strong comparison, for `If-Match`: a weak tag never matches.
        boolean strongly(Optional<RawBsonDocument> document) {
            return document.filter(present -> any || tags.contains(etag(present)))
                    .isPresent();
        }

        /// Weak comparison, for `If-None-Match`.
        boolean weakly(Optional<RawBsonDocument> document) {
            return document.filter(present -> any || tags.contains(etag(present)) || weak.contains(etag(present)))
                    .isPresent();
        }
    }

    private static Optional<Tags> tags(ServerRequest request, HeaderName name) {
        if (!request.headers().contains(name)) {
            return Optional.empty();
        }
        String value = String.join(",", request.headers().get(name).allValues()).strip();
        return Optional.of(value.equals("*") ? new Tags(true, List.of(), List.of()) : parse(name, value));
    }

    private static Tags parse(HeaderName name, String value) {
        var strong = new ArrayList<String>();
        var weak = new ArrayList<String>();
        int at = 0;
        while (at < value.length()) {
            char c = value.charAt(at);
            if (c == ',' || c == ' ' || c == '\t') {
                at++;
                continue;
            }
            boolean isWeak = value.startsWith("W/", at);
            int open = isWeak ? at + 2 : at;
            int close = open < value.length() && value.charAt(open) == '"' ? value.indexOf('"', open + 1) : -1;
            if (close < 0) {
                throw Problem.badRequest("`" + name.defaultCase() + "` is `" + Problem.quoted(value)
                        + "`, which is not `*` or a list of entity tags: "
                        + "send the `ETag` as you got it, with its quotes.");
            }
            (isWeak ? weak : strong).add(Compression.plain(value.substring(open, close + 1)));
            at = close + 1;
        }
        return new Tags(false, strong, weak);
    }
}
