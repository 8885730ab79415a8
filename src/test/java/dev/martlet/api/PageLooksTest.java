package dev.martlet.api;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.martlet.Service;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whether everybody can use the page: in light and dark, on a small screen, with a keyboard alone, and whatever
/// the documents hold.
class PageLooksTest {

    @RegisterExtension
    static final Service service = Service.with();

    @RegisterExtension
    static final Service guarded = Service.with("API_TOKEN", "secret");

    @RegisterExtension
    final Browser browser = new Browser();

    private final Client client = new Client(service::port);

    private static void checkAccessible(Page page) {
        var violations = new AxeBuilder(page)
                .analyze().getViolations().stream()
                        .map(rule -> rule.getId() + ": "
                                + rule.getNodes().stream()
                                        .map(node -> node.getHtml() + " " + node.getFailureSummary())
                                        .toList())
                        .toList();
        assertEquals(List.of(), violations);
    }

    private static int overflow(Page page) {
        return (int) page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }

    @ParameterizedTest
    @EnumSource(names = {"LIGHT", "DARK"})
    void page_isAccessible(ColorScheme scheme) {
        client.put("/data/a", "{\"name\":\"Ada\",\"born\":1815}");
        Page page = browser.expecting("status of 4(12|22)").open(service.port(), Browser.WIDE, scheme);
        assertThat(page.locator("#documents li")).hasCount(1);
        page.setInputFiles("#file", java.nio.file.Path.of("pom.xml"));
        page.evaluate("answered({at: performance.now() - 1000, ms: 3, error: '503'})");
        page.evaluate("tellRefused([{line: 1, detail: 'expected a value'}], 0)");
        page.evaluate("mark(view.rows.get('text a'), 'new')");
        checkAccessible(page);

        page.click("#documents li");
        assertThat(page.locator("#document")).hasValue(Pattern.compile("Ada"));
        client.put("/data/a", "{\"name\":\"Augusta\"}");
        page.click("#save");
        assertThat(page.locator("#theirs")).isVisible();
        checkAccessible(page);

        Page locked = browser.expecting("status of 4(01|12|22)").open(guarded.port(), Browser.NARROW, scheme);
        assertThat(locked.locator("#token")).isFocused();
        checkAccessible(locked);
    }

    @Test
    void theme_isKept() {
        Page page = browser.open(service.port());
        String light = paper(page);
        page.getByText("Theme: auto").click();
        page.getByText("Theme: light").click();
        String dark = paper(page);
        page.reload();

        assertThat(page.locator("#theme")).hasText("Theme: dark");
        assertEquals(dark, paper(page));
        assertTrue(!dark.equals(light), dark);
    }

    private static String paper(Page page) {
        return (String) page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    }

    /// What each of them does to a careless page.
    private static final List<String> HOSTILE = List.of(
            "{\"_id\":\"a\",\"html\":\"</code><script>document.title='hacked'</script><img src=x onerror=alert(1)>\"}",
            "{\"_id\":\"b\",\"long\":\"" + "x".repeat(300_000) + "\"}",
            "{\"_id\":\"c\",\"deep\":" + "[".repeat(98) + "]".repeat(98) + "}",
            "{\"_id\":\"d\",\"__proto__\":{\"polluted\":1},\"constructor\":{\"prototype\":{\"polluted\":1}},\"toString\":null}",
            "{\"_id\":\"__proto__\",\"hasOwnProperty\":1}",
            "{\"_id\":\"e\",\"\u05e9\u05dc\u05d5\u05dd\":\"\u202eevil\u202c\",\"bell\":\"\\u0007\\u001b[31m\",\"gap\":\"a\u2028b\ufeff\"}",
            "{\"_id\":\"f\",\"" + "k".repeat(5_000) + "\":1}",
            "{\"_id\":\"g\",\"quotes\":\"\\\"},{\\\"_id\\\":\\\"fake\\\"\",\"back\":\"\\\\\"}",
            "{\"_id\":\"" + "i".repeat(1_000) + "\"}",
            "{\"_id\":\"\u202ed\u0301i\"}",
            "{\"_id\":\"h\",\"number\":-0.0,\"big\":9007199254740993,\"many\":1234567890123456789.012345678901234}");

    @ParameterizedTest
    @EnumSource(names = {"LIGHT", "DARK"})
    void hostileDocuments_areShownAsTheyAre(ColorScheme scheme) {
        for (String document : HOSTILE) {
            assertEquals(201, client.post(document).status());
        }
        int width = scheme == ColorScheme.LIGHT ? Browser.WIDE : Browser.NARROW;
        Page page = browser.open(service.port(), width, scheme);
        Locator rows = page.locator("#documents li");
        assertThat(rows).hasCount(HOSTILE.size());

        assertEquals(0, overflow(page));
        assertThat(rows.filter(new Locator.FilterOptions().setHasText("eevil")))
                .hasText(
                        "{\"_id\":\"e\",\"\u05e9\u05dc\u05d5\u05dd\":\"\\u202eevil\\u202c\",\"bell\":\"\\u0007\\u001b[31m\","
                                + "\"gap\":\"a\\u2028b\\ufeff\"}");
        assertEquals("Martlet", page.title());
        assertEquals("undefined", page.evaluate("typeof {}.polluted"));
        for (int i = 0; i < HOSTILE.size(); i++) {
            rows.nth(i).click();
            Locator editor = page.locator("#document");
            assertThat(editor).isVisible();
            assertEquals(0, overflow(page));
            page.click("#save");
            assertThat(page.locator("#editor-message")).hasText("Saved.");
            page.click("#close");
        }
        for (String document : HOSTILE) {
            String id =
                    dev.martlet.json.JsonReader.query(document).getString("_id").getValue();
            assertEquals(
                    "200 " + document,
                    client.get("/data/" + dev.martlet.http.PercentEncoding.encode(id))
                            .told());
        }
    }

    @Test
    void smallScreen_needsNoScrollingSideways() {
        client.put("/data/a", "{\"name\":\"Ada\"}");
        Page page = browser.open(service.port(), Browser.NARROW, ColorScheme.LIGHT);
        page.evaluate("""
                ["martlet-6c5d9b8f7d-x2x4z", "p".repeat(253)].forEach(pod =>
                    answered({at: performance.now() - 1000, pod, version: "sha-" + "1".repeat(40), ms: 3}))""");
        assertThat(page.locator("#lanes li").last()).isVisible();

        assertEquals(0, overflow(page));
        page.locator("#documents li").click();
        assertThat(page.locator("#document")).hasValue(Pattern.compile("Ada"));
        assertEquals(0, overflow(page));
        for (Locator button : page.locator("#editor button").all()) {
            assertThat(button).isInViewport();
        }
    }

    @Test
    void keyboard_isEnough() {
        for (String id : List.of("a", "b", "c")) {
            client.put("/data/" + id, "{\"n\":1}");
        }
        Page page = browser.open(service.port());
        assertThat(page.locator("#documents li")).hasCount(3);
        var keys = page.keyboard();

        keys.press("/");
        assertThat(page.locator("#filter")).isFocused();
        keys.type("{\"_id\":{\"$ne\":\"a\"}}");
        keys.press("Enter");
        assertThat(page.locator("#documents li")).hasCount(2);
        for (int i = 0; i < 5; i++) {
            keys.press("Tab");
        }
        assertThat(page.locator("#documents button").first()).isFocused();
        keys.press("ArrowDown");
        assertThat(page.locator("#documents button").last()).isFocused();
        keys.press("Enter");
        assertThat(page.locator("#document")).isFocused();
        keys.press("Control+A");
        keys.type("{\"n\":2}");
        keys.press("Control+Enter");
        assertThat(page.locator("#editor-message")).hasText("Saved.");
        keys.press("Escape");
        assertThat(page.locator("#documents button").last()).isFocused();
        assertEquals("200 {\"_id\":\"c\",\"n\":2}", client.get("/data/c").told());
    }
}
