package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.http.Reply;
import dev.martlet.http.Resource;
import dev.martlet.http.Sha256;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.util.Base64;

/// The web page: one file, and a policy. The policy allows the page's own script, its own style and its own
/// service, and nothing else. It holds the hashes of script and style, so nobody has to keep them in step by hand.
final class WebPage {

    private static final HeaderName POLICY = HeaderNames.create("Content-Security-Policy");
    private static final HeaderName SNIFF = HeaderNames.create("X-Content-Type-Options");

    private static final byte[] HTML = Resource.bytes(WebPage.class, "index.html");
    private static final String ALLOWED =
            "default-src 'none'; script-src " + hash("script") + "; style-src " + hash("style")
                    + "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private WebPage() {}

    static Reply reply() {
        return Reply.bytes(Status.OK_200, "text/html; charset=utf-8", HTML)
                .with(POLICY, ALLOWED)
                .with(SNIFF, "nosniff")
                .with(HeaderNames.create("Referrer-Policy"), "no-referrer");
    }

    private static String hash(String element) {
        String html = new String(HTML, UTF_8);
        int from = html.indexOf("<" + element + ">") + element.length() + 2;
        byte[] content =
                html.substring(from, html.indexOf("</" + element + ">")).getBytes(UTF_8);
        return "'sha256-" + Base64.getEncoder().encodeToString(Sha256.of(content)) + "'";
    }
}
