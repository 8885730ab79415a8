package dev.martlet.api;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.JSHandle;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.FilePayload;
import dev.martlet.Service;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What the web page does, in a real browser.
class PageTest {

    private static final String EXACT =
            "{\"_id\":\"exact\",\"pi\":3.141592653589793238462643383279503,\"big\":12345678901234567891}";
    private static final int MOST_BYTES = 60_000;

    @RegisterExtension
    static final Service service = Service.with();

    @RegisterExtension
    static final Service guarded = Service.with("API_TOKEN", "secret");

    @RegisterExtension
    final Browser browser = new Browser();

    private final Client client = new Client(service::port);

    @Test
    void policy_letsOnlyThePagesOwnScriptRun() {
        Answer page = client.get("/", "Accept", "text/html");

        String policy = page.header("Content-Security-Policy");
        assertTrue(policy.startsWith("default-src 'none'; script-src 'sha256-"), policy);
        assertFalse(policy.contains("unsafe"), policy);
        for (String outside : List.of("http://", "https://", "//")) {
            assertFalse(
                    page.body()
                            .replace("http://www.w3.org/2000/svg", "")
                            .replaceAll("(?m)^\\s*//.*$", "")
                            .replaceAll(" // .*", "")
                            .contains(outside),
                    "loads from " + outside);
        }
        assertTrue(page.bytes().length < MOST_BYTES, page.bytes().length + " bytes");
    }

    @Test
    void page_showsTheServiceAndItsDocuments() {
        client.post(EXACT);
        client.post("{\"_id\":\"<img src=x onerror=alert(1)>\"}");
        Page page = browser.open(service.port());

        assertThat(page.locator("#documents li"))
                .hasText(new String[] {"{\"_id\":\"<img src=x onerror=alert(1)>\"}", EXACT});
        assertThat(page.locator("#welcome")).hasText(Pattern.compile("^Welcome to Martlet! The current time is: 20.*"));
        assertThat(page.locator("#health")).hasText("ready");
        assertThat(page.locator("img")).hasCount(0);
    }

    @Test
    void insert_saysWhereTheMistakeIsAndThenStores() {
        Page page = browser.expecting("status of 400").open(service.port());
        Locator text = page.locator("#text");
        text.fill("{\n  \"ü\": 1,\n  \"😀\": x\n}");
        page.click("#insert button");

        assertThat(page.locator("#insert-message")).hasText(Pattern.compile("^Line 3, column 8: .*"));
        assertEquals("x", text.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)"));

        text.fill(EXACT);
        text.press("Control+Enter");

        assertThat(page.locator("#insert-message")).hasText("Inserted as exact.");
        assertThat(page.locator("#documents li")).hasText(EXACT);
        assertEquals("200 " + EXACT, client.get("/data/exact").told());
    }

    @Test
    void editor_savesWhatItShows() {
        client.post(EXACT);
        Page page = browser.open(service.port());
        page.click("#documents li");

        assertThat(page.locator("#document")).hasValue("""
                {
                  "_id": "exact",
                  "pi": 3.141592653589793238462643383279503,
                  "big": 12345678901234567891
                }""");

        page.click("#save");

        assertThat(page.locator("#editor-message")).hasText("Saved.");
        assertEquals("200 " + EXACT, client.get("/data/exact").told());
    }

    @Test
    void editor_deletesWhenAskedTwice() {
        client.post(EXACT);
        Page page = browser.open(service.port());
        page.click("#documents li");
        page.click("#delete");

        assertEquals(200, client.get("/data/exact").status());

        page.click("#delete:text('Really delete?')");

        assertThat(page.locator("#editor")).isHidden();
        assertThat(page.locator("#list-message")).hasText("Nothing here.");
        assertEquals(404, client.get("/data/exact").status());
    }

    @Test
    void editor_losesNoTextWithoutAsking() {
        client.post(EXACT);
        Page page = browser.open(service.port());
        page.click("#documents li");
        page.fill("#document", "{\"n\":1}");
        page.keyboard().press("Escape");

        assertThat(page.locator("#editor-message")).hasText("Your changes are not saved. Close again to discard them.");

        page.keyboard().press("Escape");

        assertThat(page.locator("#editor")).isHidden();
        assertEquals("200 " + EXACT, client.get("/data/exact").told());
    }

    @Test
    void conflict_showsBothVersionsAndSavesTheChosenOne() {
        client.put("/data/a", "{\"name\":\"Ada\",\"born\":1815,\"n\":12345678901234567891}");
        Page page = browser.expecting("status of 412").open(service.port());
        page.click("#documents li");
        Locator mine = page.locator("#document");
        assertThat(mine).hasValue(Pattern.compile("Ada"));
        client.put("/data/a", "{\"name\":\"Ada\",\"born\":1815,\"died\":1852,\"n\":12345678901234567891}");
        mine.fill(mine.inputValue().replace("Ada", "Augusta"));
        page.click("#save");

        assertThat(page.locator("#editor-message"))
                .hasText(Pattern.compile("^Somebody else has changed this document.*"));
        assertThat(mine).hasValue(Pattern.compile("Augusta"));
        assertThat(page.locator("#theirs")).hasText(Pattern.compile("\"died\": 1852,\\s+\"n\": 12345678901234567891"));
        assertThat(page.locator("#theirs mark")).hasText(new String[] {"\"name\": \"Ada\",", "\"died\": 1852,"});
        assertEquals(1852, service.document().getInteger("died"));

        page.click("#save:text('Save mine over it')");

        assertThat(page.locator("#editor-message")).hasText("Saved.");
        assertThat(page.locator("#theirs")).isHidden();
        assertEquals(
                "200 {\"_id\":\"a\",\"name\":\"Augusta\",\"born\":1815,\"n\":12345678901234567891}",
                client.get("/data/a").told());
    }

    @Test
    void conflict_isEndedByReloading() {
        client.put("/data/a", "{\"n\":1}");
        Page page = browser.expecting("status of 412").open(service.port());
        page.click("#documents li");
        assertThat(page.locator("#document")).hasValue(Pattern.compile("\"n\": 1"));
        client.put("/data/a", "{\"n\":2}");
        page.click("#save");
        assertThat(page.locator("#theirs")).isVisible();
        page.click("#reload");

        assertThat(page.locator("#document")).hasValue(Pattern.compile("\"n\": 2"));
        assertThat(page.locator("#theirs")).isHidden();
    }

    @Test
    void conflict_withADeletionCanPutTheDocumentBack() {
        client.put("/data/a", "{\"n\":1}");
        Page page = browser.expecting("status of 4(12|04)").open(service.port());
        page.click("#documents li");
        assertThat(page.locator("#document")).hasValue(Pattern.compile("\"n\": 1"));
        client.delete("/data/a");
        page.click("#save");

        assertThat(page.locator("#editor-message")).hasText("Somebody else has deleted this document.");

        page.click("#save:text('Save mine again')");

        assertThat(page.locator("#editor-message")).hasText("Saved.");
        assertEquals("200 {\"_id\":\"a\",\"n\":1}", client.get("/data/a").told());
    }

    @Test
    void documentWithoutAddress_canBeSeen() {
        service.documents().insertOne(new Document("_id", 7).append("n", 1));
        Page page = browser.open(service.port());
        page.click("#documents li");

        assertThat(page.locator("#document")).hasValue("{\n  \"_id\": 7,\n  \"n\": 1\n}");
        assertThat(page.locator("#save")).isDisabled();
    }

    @Test
    void list_isPaged() {
        for (int i = 10; i < 35; i++) {
            client.put("/data/d" + i, "{\"n\":" + i + "}");
        }
        Page page = browser.open(service.port());
        Locator rows = page.locator("#documents li");
        assertThat(rows).hasCount(20);
        page.click("#next");
        assertThat(rows).hasCount(5);
        assertThat(page.locator("#next")).isDisabled();
        page.click("#previous");
        assertThat(rows).hasCount(20);
        assertThat(page.locator("#previous")).isDisabled();
        page.getByLabel("Per page").selectOption("10");
        assertThat(rows).hasCount(10);
        page.click("#next");
        assertThat(rows.first()).hasText("{\"_id\":\"d20\",\"n\":20}");
        page.click("#first");
        assertThat(rows.first()).hasText("{\"_id\":\"d10\",\"n\":10}");
    }

    @Test
    void list_isFilteredSortedAndCutDown() {
        for (int i = 10; i < 35; i++) {
            client.put("/data/d" + i, "{\"n\":" + i + ",\"other\":1}");
        }
        Page page = browser.expecting("status of 400").open(service.port());
        Locator rows = page.locator("#documents li");
        page.fill("#filter", "{\"n\":{\"$gte\":33}}");
        page.fill("#sort", "-n");
        page.fill("#fields", "n");
        page.click("#query button");
        assertThat(rows).hasText(new String[] {"{\"_id\":\"d34\",\"n\":34}", "{\"_id\":\"d33\",\"n\":33}"});

        page.reload();
        assertThat(rows).hasCount(2);
        assertThat(page.locator("#sort")).hasValue("-n");

        page.fill("#filter", "{\"$where\":1}");
        page.locator("#filter").press("Enter");
        assertThat(page.locator("#list-message")).hasText(Pattern.compile("`\\$where`"));
        assertThat(page.locator("[aria-invalid=true]")).hasAttribute("id", "filter");
        assertThat(rows).hasCount(2);

        page.fill("#filter", "");
        page.fill("#sort", "-");
        page.click("#query button");
        assertThat(page.locator("#sort")).hasAttribute("aria-invalid", "true");
    }

    @Test
    void token_isAskedForAndNothingElseTurnsRed() {
        Page page = browser.expecting("status of 401").open(guarded.port());
        Locator token = page.locator("#token");

        assertThat(token).isInViewport();
        assertThat(token).isFocused();
        assertThat(page.locator("#list-message")).hasText("Enter the token above first.");
        assertThat(page.locator("#health")).hasText("ready");
        page.click("#insert button");
        assertThat(page.locator("#insert-message")).hasText("Enter the token above first.");
        assertThat(page.locator(".bad, .down, [aria-invalid=true]")).hasCount(0);
        assertThat(token).isInViewport();

        token.fill("wrong");
        token.press("Enter");
        assertThat(page.locator("#access-message")).hasText(Pattern.compile("^The bearer token is none of those"));

        token.fill("secret");
        page.click("#access button");
        assertThat(page.locator("#list-message")).hasText("Nothing here.");
        assertThat(page.locator("#access")).isHidden();
    }

    private static FilePayload file(String name, String content) {
        return new FilePayload(name, "application/octet-stream", content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void upload_ofLinesTellsThoseRefused() {
        client.put("/data/taken", "{}");
        Page page = browser.open(service.port());
        page.setInputFiles("#file", file("people.ndjson", """
                {"_id":"a"}
                {"age":}
                {"_id":"taken"}
                {"_id":"<b>b</b>"}
                """));
        page.click("#send");

        assertThat(page.locator("#upload-message")).hasText("Inserted 2, refused 2:");
        assertThat(page.locator("#refused li")).hasText(new Pattern[] {
            Pattern.compile("^Line 2, column 8: Expected a value", Pattern.CASE_INSENSITIVE),
            Pattern.compile("^Line 3: A document with the `_id` `taken` exists")
        });
        assertThat(page.locator("#progress")).isHidden();
        assertEquals(3, service.documents().countDocuments());
    }

    @Test
    void upload_knowsJsonFromLines() {
        Page page = browser.expecting("status of 400").open(service.port());
        Locator message = page.locator("#upload-message");
        page.setInputFiles("#file", file("array.json", "[\n{\"_id\":\"a\"},\n{\"_id\":\"b\"}\n]"));
        page.click("#send");
        assertThat(message).hasText("Inserted 2 documents.");
        page.setInputFiles("#file", file("one.json", "{\n\"_id\":\"c\"\n}"));
        page.click("#send");
        assertThat(message).hasText("Inserted as c.");
        page.setInputFiles("#file", file("lines.json", "{\"_id\":\"d\"}\n{\"_id\":\"e\"}"));
        page.click("#send");
        assertThat(message).hasText("Inserted 2, refused 0.");
        page.setInputFiles("#file", file("no.json", "[{\"n\":1},\n{]"));
        page.click("#send");
        assertThat(message).hasText(Pattern.compile("^Line 2, column 2: "));
        assertThat(page.locator("#documents li")).hasCount(5);
    }

    @Test
    void upload_goesOnAfterTheLinesThatAreSettled() {
        Page page = browser.expecting("status of 503").open(service.port());
        page.route("**/data", route -> {
            if (route.request().method().equals("POST")) {
                route.fulfill(new Route.FulfillOptions()
                        .setStatus(503)
                        .setBody("{\"detail\":\"Send the rest.\",\"inserted\":2,\"settledLines\":2}"));
            } else {
                route.fallback();
            }
        });
        page.setInputFiles("#file", file("four.jsonl", "{\"n\":1}\n{\"n\":2}\n{\"_id\":\"c\"}\n{\"n\":}\n"));
        page.click("#send");
        assertThat(page.locator("#upload-message")).hasText("Send the rest.");
        page.unroute("**/data");
        page.click("#rest");

        assertThat(page.locator("#upload-message")).hasText("Inserted 1, refused 1:");
        assertThat(page.locator("#refused li")).hasText(Pattern.compile("^Line 4, column 6: "));
        assertEquals("c", service.document().getString("_id"));
    }

    @Test
    void upload_takesAFileThatIsDropped() {
        Page page = browser.open(service.port());
        JSHandle dropped = page.evaluateHandle("""
                () => {
                    const dropped = new DataTransfer();
                    dropped.items.add(new File(['{"_id":"a"}'], 'a.json'));
                    return dropped;
                }""");
        page.dispatchEvent("#drop", "drop", Map.of("dataTransfer", dropped));

        assertThat(page.locator("#upload-message")).hasText("Inserted as a.");
    }

    @Test
    void upload_showsItsProgressAndCanBeStopped() {
        Page page = browser.expecting("ERR_ABORTED").open(service.port());
        // 400 kB at 100 kB/s.
        Browser.slowDown(page, 100_000);
        page.setInputFiles("#file", file("many.ndjson", ("{\"text\":\"" + "x".repeat(989) + "\"}\n").repeat(400)));
        page.click("#send");

        assertThat(page.locator("#progress")).isVisible();
        assertThat(page.locator("#upload-message")).hasText(Pattern.compile("^[1-9][0-9]? % sent$"));

        page.click("#stop");

        assertThat(page.locator("#upload-message")).hasText("Stopped. Documents that were stored before remain.");
        assertThat(page.locator("#progress")).isHidden();
        assertEquals(0, service.documents().countDocuments());
    }
}
