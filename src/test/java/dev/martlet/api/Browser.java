package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.martlet.SharedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// The machine's Chromium without a window. All tests share one, and each page has its own profile. A test fails if
/// the browser has complained: about a violated policy, a failed script, an error as an answer.
///
/// ```java
/// @RegisterExtension
/// final Browser browser = new Browser();
///
/// Page page = browser.open(service.port());
/// assertThat(page).hasTitle("Martlet");
/// ```
final class Browser implements BeforeEachCallback, AfterEachCallback {

    static final int WIDE = 1280;
    static final int NARROW = 360;

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final int PATIENCE_MILLIS = 20_000;
    private static final Pattern NOTHING = Pattern.compile("(?!)");

    private final List<BrowserContext> profiles = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private Pattern expected = NOTHING;
    private @Nullable ExtensionContext test;

    /// Chromium and what drives it.
    private record Running(Playwright driver, com.microsoft.playwright.Browser chromium) implements AutoCloseable {

        static Running start(Path chromium) {
            PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
            // Otherwise Playwright downloads browsers of its own.
            Playwright driver = Playwright.create(
                    new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
            return new Running(
                    driver,
                    driver.chromium()
                            .launch(new BrowserType.LaunchOptions()
                                    .setExecutablePath(chromium)
                                    .setChromiumSandbox(false)
                                    .setArgs(List.of(
                                            "--disable-gpu", "--disable-dev-shm-usage", "--disable-lcd-text"))));
        }

        @Override
        public void close() {
            driver.close();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        test = context;
    }

    Page open(int port) {
        return open(port, WIDE, ColorScheme.LIGHT);
    }

    Page open(int port, int width, ColorScheme scheme) {
        @Nullable Path chromium = installed();
        assumeTrue(chromium != null, "Chromium is not installed: apt-get install chromium");
        Running running = Objects.requireNonNull(test)
                .getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .computeIfAbsent(Running.class, key -> Running.start(Objects.requireNonNull(chromium)), Running.class);
        BrowserContext profile = running.chromium()
                .newContext(new com.microsoft.playwright.Browser.NewContextOptions()
                        .setViewportSize(width, 800)
                        .setColorScheme(scheme)
                        .setReducedMotion(ReducedMotion.REDUCE)
                        .setBaseURL("http://localhost:" + port));
        profile.setDefaultTimeout(PATIENCE_MILLIS);
        profiles.add(profile);
        Page page = profile.newPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") || message.type().equals("warning")) {
                complaints.add(message.text() + " " + message.location());
            }
        });
        page.onPageError(complaints::add);
        page.navigate("/");
        return page;
    }

    /// Lets a page send no more than so many bytes a second.
    static void slowDown(Page page, int bytes) {
        var conditions = new JsonObject();
        conditions.addProperty("offline", false);
        conditions.addProperty("latency", 0);
        conditions.addProperty("downloadThroughput", -1);
        conditions.addProperty("uploadThroughput", bytes);
        page.context().newCDPSession(page).send("Network.emulateNetworkConditions", conditions);
    }

    /// Allows complaints that the test provokes, such as one about an answer that must be an error.
    Browser expecting(String complaint) {
        expected = Pattern.compile(complaint);
        return this;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        profiles.forEach(BrowserContext::close);
        complaints.removeIf(complaint -> expected.matcher(complaint).find());
        if (!SharedDatabase.hasChangeStreams()) {
            complaints.removeIf(complaint -> complaint.matches(".*status of 501 .*/data:0:0"));
        }
        assertEquals(List.of(), complaints);
    }

    private static @Nullable Path installed() {
        for (String folder :
                Objects.requireNonNullElse(System.getenv("PATH"), "").split(":", -1)) {
            for (String name : NAMES) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return Path.of(folder, name);
                }
            }
        }
        return null;
    }
}
