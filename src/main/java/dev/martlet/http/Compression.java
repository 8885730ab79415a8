package dev.martlet.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;

/// gzip for answers, if the client accepts it and it is worth it.
public final class Compression {

    /// A smaller answer fits into one packet either way.
    private static final int WORTH_BYTES = 1024;

    private static final String GZIP_SUFFIX = "-gzip\"";

    private Compression() {}

    static Reply of(ServerRequest request, Reply reply) throws IOException {
        // RFC 9111, 5.2.2.6: as it is. Compression would also hold it back.
        if (reply.headers().getOrDefault(HeaderNames.CACHE_CONTROL, "").contains("no-transform")) {
            return reply;
        }
        return switch (reply.body()) {
            case Reply.Body.None() -> reply;
            case Reply.Body.Bytes(byte[] bytes, String type) ->
                bytes.length < WORTH_BYTES
                        ? reply
                        : varying(reply, Accept.gzip(request), new Reply.Body.Bytes(bytes, type));
            case Reply.Body.Stream stream -> varying(reply, Accept.gzip(request), stream);
        };
    }

    private static Reply varying(Reply reply, boolean gzip, Reply.Body body) throws IOException {
        String already = reply.headers().get(HeaderNames.VARY);
        Reply varying =
                reply.with(HeaderNames.VARY, already == null ? "Accept-Encoding" : already + ", Accept-Encoding");
        if (!gzip) {
            return varying;
        }
        String etag = reply.headers().get(HeaderNames.ETAG);
        Reply encoded =
                (etag == null ? varying : varying.etag(gzipped(etag))).with(HeaderNames.CONTENT_ENCODING, "gzip");
        return new Reply(encoded.status(), encoded.headers(), compressed(body), encoded.held());
    }

    private static Reply.Body compressed(Reply.Body body) throws IOException {
        return switch (body) {
            case Reply.Body.None none -> none;
            case Reply.Body.Bytes(byte[] bytes, String type) -> {
                var compressed = new ByteArrayOutputStream(bytes.length / 2);
                try (var gzip = new GZIPOutputStream(compressed)) {
                    gzip.write(bytes);
                }
                yield new Reply.Body.Bytes(compressed.toByteArray(), type);
            }
            case Reply.Body.Stream(Reply.Source source, String type) ->
                new Reply.Body.Stream(
                        out -> {
                            // It is finished, not closed, and only after success:
                            // closing would end a broken answer as if it were whole.
                            var gzip = new GZIPOutputStream(out, 8 * 1024);
                            source.writeTo(gzip);
                            gzip.finish();
                        },
                        type);
        };
    }

    /// The tag of the compressed form. It has other bytes, so it needs another strong tag.
    private static String gzipped(String etag) {
        return etag.substring(0, etag.length() - 1) + GZIP_SUFFIX;
    }

    /// The tag of the plain form. The given tag may be that of the compressed form.
    public static String plain(String etag) {
        return etag.endsWith(GZIP_SUFFIX) ? etag.substring(0, etag.length() - GZIP_SUFFIX.length()) + "\"" : etag;
    }
}
