package dev.martlet.api;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Route;
import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.WriteModel;
import dev.martlet.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The page while things happen: documents change, streams break off, instances come and go.
@EnabledIf(value = "dev.martlet.SharedDatabase#hasChangeStreams", disabledReason = "the database has no change streams")
class PageLiveTest {

    private static final String PROBLEM = "application/problem+json";

    @RegisterExtension
    static final Service service = Service.with("SERVED_BY", "martlet-6c5d9b8f7d-x2x4z");

    @RegisterExtension
    final Browser browser = new Browser();

    private final Client client = new Client(service::port);

    private Page follow() {
        Page page = browser.open(service.port());
        assertThat(page.locator("#live")).hasText("Following changes");
        // The page lists once more when the stream begins. That must be over.
        until(page, "!view.busy && !view.stale");
        return page;
    }

    /// Playwright's own way of waiting compiles code in the page, which the page's policy forbids.
    private static void until(Page page, String condition) {
        for (int i = 0; !(boolean) page.evaluate(condition); i++) {
            assertTrue(i < 200, "never " + condition);
            page.waitForTimeout(50);
        }
    }

    private static List<Request> listings(Page page) {
        var seen = new ArrayList<Request>();
        page.onRequest(request -> {
            if (request.url().contains("/data?")) {
                seen.add(request);
            }
        });
        return seen;
    }

    @Test
    void list_followsChanges() {
        Page page = follow();
        Locator rows = page.locator("#documents li");
        client.put("/data/a", "{\"n\":12345678901234567891}");

        assertThat(rows).hasText("{\"_id\":\"a\",\"n\":12345678901234567891}");
        assertThat(rows).hasAttribute("data-mark", "new");

        List<Request> listings = listings(page);
        client.put("/data/a", "{\"n\":1.50}");

        assertThat(rows).hasText("{\"_id\":\"a\",\"n\":1.5}");
        assertThat(rows).hasAttribute("data-mark", "changed");
        assertThat(rows).not().hasAttribute("data-mark", Pattern.compile(".*"));

        client.delete("/data/a");

        assertThat(rows).hasCount(0);
        assertThat(page.locator("#list-message")).hasText("Nothing here.");
        assertEquals(List.of(), listings, "the feed had told it all");
    }

    @Test
    void list_withAFilterLosesWhatMatchesNoMore() {
        client.put("/data/a", "{\"n\":1}");
        Page page = follow();
        Locator rows = page.locator("#documents li");
        page.fill("#filter", "{\"n\":1}");
        page.fill("#sort", "-_id");
        page.click("#query button");
        client.put("/data/b", "{\"n\":1}");

        assertThat(rows).hasText(new String[] {"{\"_id\":\"b\",\"n\":1}", "{\"_id\":\"a\",\"n\":1}"});

        client.put("/data/a", "{\"n\":2}");

        assertThat(rows).hasText(new String[] {"{\"_id\":\"b\",\"n\":1}"});
    }

    @Test
    void list_canBeHeld() {
        client.put("/data/a", "{\"n\":1}");
        Page page = follow();
        Locator rows = page.locator("#documents li");
        page.getByLabel("Hold").check();
        client.put("/data/a", "{\"n\":2}");
        client.put("/data/b", "{\"n\":1}");

        assertThat(page.locator("#pulse")).hasText("2 since");
        assertThat(page.locator("#live")).hasText("Held");
        assertThat(rows).hasText("{\"_id\":\"a\",\"n\":1}");

        page.getByLabel("Hold").uncheck();

        assertThat(rows).hasText(new String[] {"{\"_id\":\"a\",\"n\":2}", "{\"_id\":\"b\",\"n\":1}"});
        assertThat(rows.first()).hasAttribute("data-mark", "changed");
        assertThat(rows.last()).hasAttribute("data-mark", "new");
    }

    @Test
    void list_isFilledUpFromTheNextPage() {
        for (int i = 10; i < 32; i++) {
            client.put("/data/d" + i, "{\"n\":" + i + "}");
        }
        Page page = follow();
        Locator rows = page.locator("#documents li");
        assertThat(rows.last()).hasText("{\"_id\":\"d29\",\"n\":29}");
        List<Request> listings = listings(page);
        client.put("/data/e", "{}");
        client.put("/data/d10", "{\"n\":0}");

        assertThat(rows.first()).hasText("{\"_id\":\"d10\",\"n\":0}");
        assertEquals(List.of(), listings, "what is beyond the page is none of its business");

        rows.first().locator("button").focus();
        client.delete("/data/d10");

        assertThat(rows.last()).hasText("{\"_id\":\"d30\",\"n\":30}");
        assertThat(rows).hasCount(20);
        assertThat(rows.first().locator("button")).isFocused();
    }

    /// 1 000 changes in a second, of documents on the page and of others.
    @Test
    void list_isRightUnderManyChanges() throws Exception {
        Page page = follow();
        var failures = new CopyOnWriteArrayList<Exception>();
        Thread writer = Thread.ofVirtual().start(() -> {
            try {
                var random = new Random(16);
                for (int i = 0; i < 1_000; i += 100) {
                    service.documents().bulkWrite(changes(random, i, 100));
                    Thread.sleep(100);
                }
            } catch (InterruptedException | RuntimeException e) {
                failures.add(e);
            }
        });
        while (writer.isAlive()) {
            page.waitForTimeout(50);
            assertTrue((boolean) page.evaluate("view.pending.size <= 20 && view.since.size <= MOST_SINCE"));
        }
        assertEquals(List.of(), failures);
        String[] stored = client.get("/data?limit=20", "Accept", Client.NDJSON)
                .body()
                .lines()
                .toArray(String[]::new);

        assertThat(page.locator("#documents li")).hasText(stored);
        assertTrue((int) page.evaluate("feed.changes") > 500, "too little was going on");
    }

    private static List<WriteModel<Document>> changes(Random random, int from, int count) {
        return IntStream.range(from, from + count)
                .<WriteModel<Document>>mapToObj(i -> {
                    var id = new Document("_id", "d" + random.nextInt(40));
                    return random.nextInt(5) == 0
                            ? new DeleteOneModel<>(id)
                            : new ReplaceOneModel<>(id, new Document("i", i), new ReplaceOptions().upsert(true));
                })
                .toList();
    }

    @Test
    void stream_goesOnWhereItWasCutOff() {
        client.put("/data/a", "{\"n\":1}");
        Page page = follow();
        Locator rows = page.locator("#documents li");
        client.put("/data/a", "{\"n\":2}");
        assertThat(rows).hasText("{\"_id\":\"a\",\"n\":2}");
        List<Request> listings = listings(page);
        var resumed = new ArrayList<String>();
        page.onRequest(request -> {
            String id = request.headers().get("last-event-id");
            if (id != null) {
                resumed.add(id);
            }
        });
        page.evaluate("feed.abort.abort()");
        client.put("/data/a", "{\"n\":3}");

        assertThat(rows).hasText("{\"_id\":\"a\",\"n\":3}");
        assertEquals(1, resumed.size());
        assertEquals(List.of(), listings);
    }

    @Test
    void stream_beginsAnewWhenItsTokenIsTooOld() {
        Page page = browser.expecting("status of 410").open(service.port());
        assertThat(page.locator("#live")).hasText("Following changes");
        var refused = new AtomicInteger();
        page.route("**/data", route -> {
            if (route.request().headers().containsKey("last-event-id") && refused.getAndIncrement() == 0) {
                route.fulfill(new Route.FulfillOptions()
                        .setStatus(410)
                        .setContentType(PROBLEM)
                        .setBody("{\"status\":410,\"detail\":\"too old\"}"));
            } else {
                route.resume();
            }
        });
        client.put("/data/a", "{\"n\":1}");
        assertThat(page.locator("#documents li")).hasCount(1);
        page.evaluate("feed.abort.abort()");
        client.put("/data/b", "{\"n\":1}");

        assertThat(page.locator("#documents li")).hasCount(2);
        client.put("/data/c", "{\"n\":1}");
        assertThat(page.locator("#documents li")).hasCount(3);
        assertEquals(1, refused.get());
    }

    @Test
    void list_worksWhereNoChangesAreTold() {
        Page page = browser.expecting("status of 501").open(service.port());
        page.route("**/data", route -> {
            if (route.request().method().equals("GET")) {
                route.fulfill(new Route.FulfillOptions()
                        .setStatus(501)
                        .setContentType(PROBLEM)
                        .setBody("{\"status\":501,\"detail\":\"A standalone MongoDB tells no changes.\"}"));
            } else {
                route.resume();
            }
        });
        page.reload();
        assertThat(page.locator("#live")).hasText("A standalone MongoDB tells no changes.");
        page.fill("#text", "{\"_id\":\"a\"}");
        page.click("#insert button");

        assertThat(page.locator("#documents li")).hasText("{\"_id\":\"a\"}");
    }

    @Test
    void editor_tellsWhenItsDocumentIsChanged() {
        client.put("/data/a", "{\"n\":1}");
        Page page = follow();
        page.click("#documents li");
        assertThat(page.locator("#document")).isFocused();
        page.click("#save");
        assertThat(page.locator("#editor-message")).hasText("Saved.");
        client.put("/data/a", "{\"n\":2}");

        assertThat(page.locator("#editor-message"))
                .hasText("Somebody has just changed this document. Reload shows their version, Save shows both.");
    }

    @Test
    void hiddenPage_asksNothing() {
        Page page = follow();
        hide(page, true);
        until(page, "!feed.running");
        var requests = new ArrayList<Request>();
        page.onRequest(requests::add);
        client.put("/data/a", "{\"n\":1}");
        page.waitForTimeout(1200);
        assertEquals(List.of(), requests);

        hide(page, false);

        assertThat(page.locator("#documents li")).hasText("{\"_id\":\"a\",\"n\":1}");
        assertThat(page.locator("#documents li")).hasAttribute("data-mark", "new");
    }

    private static void hide(Page page, boolean hidden) {
        page.evaluate("""
                hidden => {
                    Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
                    document.dispatchEvent(new Event('visibilitychange'));
                }""", hidden);
    }

    @Test
    void strip_showsWhoAnswers() {
        Page page = browser.open(service.port());

        assertThat(page.locator("#lanes li")).hasText(Pattern.compile("^martlet-6c5d9b8f7d-x2x4z.*"));
        assertThat(page.locator("#strip-summary")).hasText(Pattern.compile("^one instance · version .* · no errors$"));
        assertThat(page.locator("#latency")).hasText(Pattern.compile("median .* ms"));
        assertFalse(page.getAttribute("#chart path.v0", "d").isEmpty());
    }

    @Test
    void strip_showsARolloutAndItsErrors() {
        Page page = browser.expecting("status of 503|ERR_FAILED").open(service.port());
        var call = new AtomicInteger();
        page.route("**/who", route -> {
            switch (call.getAndIncrement()) {
                case 0 -> answer(route, "martlet-1-a", "1.4.0");
                case 1 -> route.fulfill(new Route.FulfillOptions().setStatus(503));
                case 2 -> route.abort();
                default -> answer(route, "martlet-2-b", "1.5.0");
            }
        });
        page.reload();
        for (int i = 0; i < 3; i++) {
            page.evaluate("who()");
        }

        assertThat(page.locator("#lanes li"))
                .hasText(new Pattern[] {Pattern.compile("martlet-1-a1.4.0"), Pattern.compile("martlet-2-b1.5.0")});
        assertThat(page.locator("#strip-summary"))
                .hasText("2 instances · versions 1.4.0, 1.5.0 · 2 errors (503, no answer)");
        assertThat(page.locator("#strip-summary .bad")).hasText("2 errors (503, no answer)");
        assertEquals(2, page.getAttribute("#chart path.errors", "d").split("M", -1).length - 1);
        assertFalse(page.getAttribute("#lanes li:first-child i", "class")
                .equals(page.getAttribute("#lanes li:last-child i", "class")));
    }

    private static void answer(Route route, String pod, String version) {
        route.fulfill(new Route.FulfillOptions()
                .setContentType("application/json")
                .setBody("{\"servedBy\":\"" + pod + "\",\"version\":\"" + version + "\"}"));
    }
}
