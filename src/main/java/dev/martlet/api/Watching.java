package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.http.Admission;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Reply;
import dev.martlet.http.Route;
import dev.martlet.store.FeedRefusedException;
import dev.martlet.store.UnavailableException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/// `GET /data` as [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html): the changes
/// from now on, or from a client's last place, on any replica.
final class Watching {

    static final String MEDIA_TYPE = "text/event-stream";

    private static final HeaderName LAST_EVENT_ID = HeaderNames.create("Last-Event-ID");
    private static final HeaderName NO_BUFFERING = HeaderNames.create("X-Accel-Buffering");
    private static final Pattern PLACE = Pattern.compile("(?:[0-9A-Fa-f]{2}){1,6000}");
    /// When the client should connect again, in milliseconds.
    private static final String RETRY = "retry: 1000\n";
    /// Shorter than the time after which any proxy gives up a silent connection.
    private static final Duration QUIET = Duration.ofSeconds(10);
    /// After this time a stream ends, and the client connects again, perhaps to a new replica and with a valid
    /// token.
    private static final Duration AGE = Duration.ofMinutes(10);

    private final Feed feed;
    private final FeedSource source;
    private final Admission admission;
    private final Memory memory;
    private final Function<BsonDocument, Predicate<RawBsonDocument>> filters;

    /// @param filters makes a filter a test of documents
    Watching(
            Feed feed,
            FeedSource source,
            Admission admission,
            Memory memory,
            Function<BsonDocument, Predicate<RawBsonDocument>> filters) {
        this.feed = feed;
        this.source = source;
        this.admission = admission;
        this.memory = memory;
        this.filters = filters;
    }

    Reply get(ServerRequest request) throws InterruptedException {
        Predicate<RawBsonDocument> wanted = filter(request);
        String place = place(request);
        Admission.Place held = admission.watcher();
        boolean begun = false;
        try {
            Watcher watcher = Watcher.begin(feed, source, place);
            begun = true;
            boolean head = request.prologue().method().text().equals("HEAD");
            return Reply.stream(MEDIA_TYPE, out -> {
                        if (!head) {
                            write(watcher, wanted, out);
                        }
                    })
                    // No more than that, because each event should be sent at once.
                    .with(HeaderNames.CACHE_CONTROL, "no-store, no-transform")
                    .with(NO_BUFFERING, "no")
                    .with(HeaderNames.CONNECTION, "close")
                    .with(HeaderNames.VARY, "Accept")
                    .holding(() -> {
                        watcher.close();
                        held.close();
                    });
        } finally {
            if (!begun) {
                held.close();
            }
        }
    }

    private Predicate<RawBsonDocument> filter(ServerRequest request) {
        Route.requireParameters(
                request,
                Set.of("filter"),
                "use `filter` alone, or ask for the documents with `Accept: application/json`");
        return request.query().contains("filter")
                ? filters.apply(QueryFilter.parse(request.query().get("filter")))
                : document -> true;
    }

    private static String place(ServerRequest request) {
        if (!request.headers().contains(LAST_EVENT_ID)) {
            return "";
        }
        String place = request.headers().get(LAST_EVENT_ID).get().strip();
        if (!place.isEmpty() && !PLACE.matcher(place).matches()) {
            throw Failures.noPlace();
        }
        return place;
    }

    private void write(Watcher watcher, Predicate<RawBsonDocument> wanted, OutputStream out) throws IOException {
        try (var share = memory.events()) {
            out.write((RETRY + id(watcher)).getBytes(UTF_8));
            out.flush();
            write(watcher, wanted, share, out);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (UnavailableException | FeedRefusedException e) {
            // A client that connects again learns why.
        }
    }

    private void write(Watcher watcher, Predicate<RawBsonDocument> wanted, MemoryBudget.Share share, OutputStream out)
            throws IOException, InterruptedException {
        long now = System.nanoTime();
        long end = now + AGE.toNanos() / 4 * 3 + ThreadLocalRandom.current().nextLong(AGE.toNanos() / 2);
        long written = now;
        while (now - end < 0) {
            Optional<Caught> caught = watcher.next(QUIET.minusNanos(Math.min(now - written, QUIET.toNanos())));
            if (caught.isEmpty()) {
                return;
            }
            boolean any = writeAll(caught.get(), wanted, share, out);
            now = System.nanoTime();
            if (!any && now - written >= QUIET.toNanos()) {
                out.write((": nothing new\n" + id(watcher)).getBytes(UTF_8));
                any = true;
            }
            if (any) {
                out.flush();
                written = now;
            }
        }
    }

    private static boolean writeAll(
            Caught caught, Predicate<RawBsonDocument> wanted, MemoryBudget.Share share, OutputStream out)
            throws IOException {
        share.hold(caught.told().stream().mapToLong(Told::bytes).sum());
        boolean any = false;
        for (Told told : caught.told()) {
            if (told.document().isEmpty() || wanted.test(told.document().get())) {
                out.write(told.event());
                any = true;
            }
        }
        share.shrinkTo(0);
        return any;
    }

    /// Without data it is not an event, but it says where to continue.
    private static String id(Watcher watcher) {
        return watcher.place().isEmpty() ? "\n" : "id: " + watcher.place() + "\n\n";
    }
}
