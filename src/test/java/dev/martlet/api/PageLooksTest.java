package dev.martlet.api;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.martlet.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

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

    /// All rules in the light theme. The dark theme changes only colours, so only the contrast is checked there.
    private static void checkAccessible(Page page) {
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
        assertEquals(List.of(), violations(new AxeBuilder(page)));
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        assertEquals(List.of(), violations(new AxeBuilder(page).withRules(List.of("color-contrast"))));
    }

    /// In legacy mode, because the other mode opens a second page. It skips frames of other origins, but there are
    /// none.
    private static List<String> violations(AxeBuilder axe) {
        return axe.setLegacyMode(true).analyze().getViolations().stream()
                .flatMap(rule -> rule.getNodes().stream()
                        .map(node -> rule.getId() + ": " + node.getHtml() + " " + node.getFailureSummary()))
                .toList();
    }

    @Test
    void page_isAccessible() {
        client.put("/data/a", "{\"name\":\"Ada\",\"born\":1815}");
        Page page = browser.expecting("status of 412").open(service.port());
        assertThat(page.locator("#documents li")).hasCount(1);
        page.evaluate("answered({at: performance.now() - 60000, ms: 3, pod: 'gone', version: '1.4.0'})");
        page.evaluate("answered({at: performance.now() - 1000, ms: 3, error: '503'})");
        page.evaluate("tellRefused([{line: 1, detail: 'expected a value'}], 0)");
        page.evaluate("say('insert-message', 'Inserted as a.', 'good')");
        page.evaluate("mark(view.rows.get('text a'), 'new')");
        checkAccessible(page);

        page.click("#documents li");
        assertThat(page.locator("#document")).hasValue(Pattern.compile("Ada"));
        client.put("/data/a", "{\"name\":\"Augusta\"}");
        page.click("#save");
        assertThat(page.locator("#theirs")).isVisible();
        checkAccessible(page);
    }

    @Test
    void pageWithoutToken_isAccessible() {
        Page page = browser.expecting("status of 401").open(guarded.port(), Browser.NARROW, ColorScheme.LIGHT);
        assertThat(page.locator("#token")).isFocused();
        checkAccessible(page);
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
        assertNotEquals(light, dark);
    }

    private static String paper(Page page) {
        return (String) page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    }

    /// Each shows what it does to a careless page.
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

    private static int overflow(Page page) {
        return (int) page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }

    private Locator hostile(Page page) {
        Locator rows = page.locator("#documents li");
        assertThat(rows).hasCount(HOSTILE.size());
        assertEquals(0, overflow(page));
        return rows;
    }

    private List<String> stored() {
        return client.get("/data", "Accept", Client.NDJSON).body().lines().toList();
    }

    @Test
    void hostileDocuments_areShownAndSavedAsTheyAre() {
        HOSTILE.forEach(document -> assertEquals(201, client.post(document).status()));
        Page page = browser.open(service.port());
        Locator rows = hostile(page);

        assertThat(rows.filter(new Locator.FilterOptions().setHasText("evil")))
                .hasText(
                        "{\"_id\":\"e\",\"\u05e9\u05dc\u05d5\u05dd\":\"\\u202eevil\\u202c\",\"bell\":\"\\u0007\\u001b[31m\","
                                + "\"gap\":\"a\\u2028b\\ufeff\"}");
        assertEquals("Martlet", page.title());
        assertEquals("undefined", page.evaluate("typeof {}.polluted"));
        List<String> stored = stored();
        for (int i = 0; i < HOSTILE.size(); i++) {
            rows.nth(i).click();
            assertThat(page.locator("#document")).isVisible();
            assertEquals(0, overflow(page));
            page.click("#save");
            assertThat(page.locator("#editor-message")).hasText("Saved.");
            page.click("#close");
        }
        assertEquals(stored, stored());
    }

    @Test
    void hostileDocuments_fitOnASmallScreen() {
        HOSTILE.forEach(document -> assertEquals(201, client.post(document).status()));
        Page page = browser.open(service.port(), Browser.NARROW, ColorScheme.DARK);
        Locator rows = hostile(page);
        for (String id : List.of("b\"", "iii")) {
            rows.filter(new Locator.FilterOptions().setHasText("\"_id\":\"" + id))
                    .click();
            assertThat(page.locator("#document")).isVisible();
            assertEquals(0, overflow(page));
            page.click("#close");
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

    private static final int MOST_PICTURE_BYTES = 200_000;
    private static final List<String> PEOPLE = List.of(
            "{\"name\":\"Ada Lovelace\",\"born\":1815,\"fields\":[\"mathematics\",\"poetry\"],\"first\":true}",
            "{\"name\":\"Charles Babbage\",\"born\":1791,\"engines\":{\"difference\":2,\"analytical\":1}}",
            "{\"name\":\"Sofja Kowalewskaja\",\"born\":1850,\"city\":\"Stockholm\",\"prize\":\"Bordin\"}",
            "{\"name\":\"William Shanks\",\"born\":1812,\"pi\":3.141592653589793238462643383279503}",
            "{\"name\":\"Srinivasa Ramanujan\",\"born\":1887,\"taxi\":1729,\"notebooks\":3}",
            "{\"name\":\"Emmy Noether\",\"born\":1882,\"theorem\":\"symmetry\",\"city\":\"G\u00f6ttingen\"}",
            "{\"name\":\"Frank Nelson Cole\",\"born\":1861,\"factored\":147573952589676412927}",
            "{\"name\":\"Grace Hopper\",\"born\":1906,\"rank\":\"rear admiral\",\"moths\":1}",
            "{\"name\":\"Alan Turing\",\"born\":1912,\"machine\":{\"tape\":null,\"states\":7}}",
            "{\"name\":\"Edsger Dijkstra\",\"born\":1930,\"handwritten\":1318}",
            "{\"name\":\"Barbara Liskov\",\"born\":1939,\"languages\":[\"CLU\",\"Argus\"]}",
            "{\"name\":\"Margaret Hamilton\",\"born\":1936,\"alarm\":1202,\"landed\":true}");

    /// Three instances of one version give way to three of the next.
    private static final String ROLLOUT = """
            () => {
                let seed = 7;
                const random = () => (seed = seed * 16807 % 2147483647) / 2147483647;
                const pods = (set, ...ends) => ends.map(end => `martlet-${set}-${end}`);
                const old = pods('6c5d9b8f7d', 'x2x4z', '9kkzq', 't7vdl');
                const fresh = pods('58f4c9d6bb', 'p0wzt', 'mm4c8', 'h6rgn');
                const now = performance.now();
                answers = [];
                versions.splice(0, versions.length, '1.4.0', '1.5.0');
                for (let ago = 299; ago >= 0; ago--) {
                    const done = Math.max(0, Math.min(3, Math.floor((190 - ago) / 25)));
                    const there = [...old.slice(done), ...fresh.slice(0, done)];
                    const pod = there[Math.floor(random() * there.length)];
                    const ms = 2 + 12 * random() ** 3 + (ago % 83 === 0 ? 90 : 0);
                    answers.push({at: now - 1000 * ago, pod, version: old.includes(pod) ? '1.4.0' : '1.5.0', ms});
                }
                answered = pulse = () => {};
                welcome = async () => {};
                $('welcome').textContent = 'Welcome to Martlet! The current time is: 2026-11-21T18:00:00Z';
                $('pulse').textContent = '3 a second';
                const rows = [...view.rows.values()];
                rows.forEach(unmark);
                mark(rows[4], 'changed');
                mark(rows[6], 'new');
                draw(now);
            }""";

    /// The README shows this picture. A rollout takes minutes, so its five minutes are made up here, and everything
    /// that would differ between two pictures is fixed. `-Dmartlet.pictures=src/site/resources/images` writes
    /// it there.
    @Test
    void pictures_areSmall() throws IOException {
        for (int i = 0; i < PEOPLE.size(); i++) {
            client.put("/data/6b00e7ffb58fe6d8735974%02x".formatted(0xd1 + i), PEOPLE.get(i));
        }
        Page page = browser.open(service.port());
        page.setViewportSize(1200, 900);
        assertThat(page.locator("#documents li")).hasCount(PEOPLE.size());
        assertThat(page.locator("#health")).hasText("ready");
        assertThat(page.locator("#live")).hasText("Following changes");
        assertThat(page.locator("#welcome")).hasText(Pattern.compile("20"));
        Path folder = Files.createDirectories(Path.of(System.getProperty("martlet.pictures", "target")));
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
            page.evaluate(ROLLOUT);
            byte[] picture = page.screenshot();

            assertThat(page.locator("#lanes li")).hasCount(6);
            assertTrue(picture.length < MOST_PICTURE_BYTES, picture.length + " bytes");
            Files.write(folder.resolve("page-" + scheme.name().toLowerCase(Locale.ROOT) + ".png"), picture);
        }
    }
}
