package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.martlet.Service;
import java.nio.file.Path;
import java.util.List;
import org.bson.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// The web page, in a real browser.
class PageTest {

    private static final String EXACT =
            "{\"_id\":\"exact\",\"pi\":3.141592653589793238462643383279503,\"big\":12345678901234567891}";

    @RegisterExtension
    static final Service service = Service.with();

    private static final Service GUARDED = Service.with("API_TOKEN", "secret");

    @TempDir(cleanup = CleanupMode.NEVER)
    Path profile;

    private final Client client = new Client(service::port);

    @BeforeAll
    static void start() throws Exception {
        GUARDED.start();
    }

    @AfterAll
    static void stop() {
        GUARDED.close();
    }

    private Browser open(int port) throws Exception {
        @Nullable Path chromium = Browser.installed();
        assumeTrue(chromium != null, "Chromium is not installed: apt-get install chromium");
        return Browser.open(java.util.Objects.requireNonNull(chromium), profile, "http://localhost:" + port + "/");
    }

    private static void enter(Browser browser, String id, String text) throws Exception {
        browser.eval("(document.getElementById('" + id + "').value = "
                + new Document("t", text)
                        .toJson()
                        .replaceFirst("^\\{\"t\": ", "")
                        .replaceFirst("}$", "") + ")");
    }

    private static void press(Browser browser, String selector) throws Exception {
        browser.eval("document.querySelector('" + selector + "').click()");
    }

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
    }

    @Test
    void page_showsTheServiceAndItsDocuments() throws Exception {
        client.post(EXACT);
        client.post("{\"_id\":\"<img src=x onerror=alert(1)>\"}");
        try (Browser browser = open(service.port())) {
            browser.until("document.querySelectorAll('#documents li').length === 2");
            browser.until(
                    "document.getElementById('welcome').textContent.startsWith('Welcome to Martlet! The current time is: 20')");
            browser.until("document.getElementById('health').textContent === 'ready'");

            assertEquals(EXACT, browser.eval("document.querySelectorAll('#documents li')[1].textContent"));
            assertEquals(
                    "{\"_id\":\"<img src=x onerror=alert(1)>\"}",
                    browser.eval("document.querySelectorAll('#documents li')[0].textContent"));
            assertEquals("0", browser.eval("document.querySelectorAll('img').length"));
            assertEquals(List.of(), browser.complaints());
        }
    }

    @Test
    void insert_saysWhereTheMistakeIsAndThenStores() throws Exception {
        try (Browser browser = open(service.port())) {
            enter(browser, "text", "{\n  \"ü\": 1,\n  \"😀\": x\n}");
            press(browser, "#insert button");
            browser.until("document.getElementById('insert-message').textContent.startsWith('Line 3, column 8: ')");
            assertEquals(
                    "x",
                    browser.eval(
                            "document.getElementById('text').value.slice(document.getElementById('text').selectionStart, document.getElementById('text').selectionEnd)"));

            enter(browser, "text", EXACT);
            press(browser, "#insert button");
            browser.until("document.getElementById('insert-message').textContent === 'Inserted as exact.'");
            browser.until("document.querySelector('#documents li')?.textContent === '" + EXACT + "'");
            assertEquals("200 " + EXACT, client.get("/data/exact").told());
        }
    }

    @Test
    void editor_savesWhatItShowsUnlessAnotherWasFaster() throws Exception {
        client.post(EXACT);
        try (Browser browser = open(service.port())) {
            browser.until("document.querySelector('#documents li button') !== null");
            press(browser, "#documents li button");
            browser.until("document.getElementById('editor').open");
            assertEquals("""
                    {
                      "_id": "exact",
                      "pi": 3.141592653589793238462643383279503,
                      "big": 12345678901234567891
                    }""", browser.eval("document.getElementById('document').value"));

            press(browser, "#editor button.main");
            browser.until("document.getElementById('editor-message').textContent === 'Saved.'");
            assertEquals("200 " + EXACT, client.get("/data/exact").told());

            client.put("/data/exact", "{\"n\":1}");
            press(browser, "#editor button.main");
            browser.until(
                    "document.getElementById('editor-message').textContent.startsWith('Somebody else has changed')");
            assertEquals(
                    "200 {\"_id\":\"exact\",\"n\":1}", client.get("/data/exact").told());

            press(browser, "#reload");
            browser.until("document.getElementById('document').value.includes('\"n\": 1')");
            browser.eval("(window.confirm = () => true)");
            press(browser, "#delete");
            browser.until("!document.getElementById('editor').open");
            browser.until("document.getElementById('list-message').textContent === 'Nothing here.'");
            assertEquals(404, client.get("/data/exact").status());
        }
    }

    @Test
    void list_isPagedAndFiltered() throws Exception {
        for (int i = 10; i < 35; i++) {
            client.put("/data/d" + i, "{\"n\":" + i + "}");
        }
        try (Browser browser = open(service.port())) {
            browser.until("document.querySelectorAll('#documents li').length === 20");
            press(browser, "#next");
            browser.until("document.querySelectorAll('#documents li').length === 5");
            assertEquals("true", browser.eval("document.getElementById('next').disabled"));
            press(browser, "#first");
            browser.until("document.querySelectorAll('#documents li').length === 20");
            enter(browser, "filter", "{\"n\":{\"$gte\":33}}");
            press(browser, "#query button");
            browser.until("document.querySelectorAll('#documents li').length === 2");
            enter(browser, "filter", "{\"$where\":1}");
            press(browser, "#query button");
            browser.until("document.getElementById('list-message').textContent.includes('is not an operator')");
        }
    }

    @Test
    void token_isAskedForAndUsed() throws Exception {
        try (Browser browser = open(GUARDED.port())) {
            browser.until("!document.getElementById('access').hidden");
            enter(browser, "token", "secret");
            press(browser, "#access button");
            browser.until("document.getElementById('list-message').textContent === 'Nothing here.'");
            assertEquals("secret", browser.eval("sessionStorage.getItem('token')"));
            assertEquals("true", browser.eval("document.getElementById('access').hidden"));
        }
    }
}
