package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.http.Accept;
import dev.martlet.http.Reply;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/// `GET /`: a line of text with the time, or the web page for a browser.
final class Welcome {

    private static final String TEXT = "text/plain";
    private static final String HTML = "text/html";

    private Welcome() {}

    static Reply get(ServerRequest request) {
        Reply reply = Accept.best(request, TEXT, HTML).equals(HTML)
                ? WebPage.reply()
                : Reply.bytes(Status.OK_200, TEXT + "; charset=utf-8", text().getBytes(UTF_8));
        return reply.with(HeaderNames.VARY, "Accept").with(HeaderNames.CACHE_CONTROL, "no-store");
    }

    private static String text() {
        String now = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                OffsetDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS));
        return "Welcome to Martlet! The current time is: " + now + "\n";
    }
}
