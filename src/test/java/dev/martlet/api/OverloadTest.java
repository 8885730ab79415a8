package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// `MAX_CONCURRENT_REQUESTS`.
class OverloadTest {

    @RegisterExtension
    static final Service service = Service.with("MAX_CONCURRENT_REQUESTS", "2");

    private final Client client = new Client(service::port);

    @Test
    void requestsBeyondTheLimit_areRefusedAtOnceAndTheOthersServed() throws Exception {
        try (Wire one = client.wire(); Wire two = client.wire()) {
            for (Wire wire : new Wire[] {one, two}) {
                wire.request("POST", "/data", "Content-Type", "application/json", "Content-Length", "2", "Expect", "100-continue");
                assertEquals(100, wire.answer().status());
            }
            long started = System.nanoTime();
            Answer refused = client.get("/data");

            assertEquals("""
                    503 {"type":"about:blank","title":"Service Unavailable","status":503,\
                    "detail":"2 requests are being answered already. Try again in a moment."}""", refused.told());
            assertEquals("2", refused.header("Retry-After"));
            assertTrue(System.nanoTime() - started < 5e9, "not at once");
            assertEquals(200, client.get("/").status());
            assertEquals(200, client.get("/health/live").status());
            assertEquals(201, one.send("{}").answer().status());
            assertEquals(201, two.send("{}").answer().status());
        }
        // The permit is given back just after the answer is sent.
        for (int i = 0; i < 100 && client.get("/data").status() == 503; i++) {
            Thread.sleep(20);
        }
        assertEquals(200, client.get("/data").status());
    }
}
