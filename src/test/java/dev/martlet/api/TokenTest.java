package dev.martlet.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.martlet.Service;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `API_TOKEN`.
class TokenTest {

    @RegisterExtension
    static final Service service = Service.with("API_TOKEN", "s3cret.Token_~+/=");

    @RegisterExtension
    static final Service rotating = Service.with("API_TOKEN", "new\nold");

    private final Client client = new Client(service::port);

    @ParameterizedTest
    @CsvSource({
        "GET, /data",
        "HEAD, /data",
        "POST, /data",
        "GET, /data/a",
        "HEAD, /data/a",
        "PUT, /data/a",
        "PATCH, /data/a",
        "DELETE, /data/a"
    })
    void data_needsTheToken(String method, String path) {
        Answer answer = client.send(method, path, "{}", "Content-Type", "application/json");

        assertEquals(401, answer.status());
        assertEquals("Bearer realm=\"martlet\"", answer.header("WWW-Authenticate"));
    }

    @Test
    void missingToken_isAProblem() {
        assertEquals("""
                401 {"type":"about:blank","title":"Unauthorized","status":401,\
                "detail":"No bearer token is given: send `Authorization: Bearer <API_TOKEN>`."}""", client.get("/data").told());
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer s3cret.Token_~+/=", "bearer s3cret.Token_~+/=", "BEARER  s3cret.Token_~+/="})
    void rightToken_opens(String authorization) {
        assertEquals(
                "200 []", client.get("/data", "Authorization", authorization).told());
    }

    /// Clients get the new token one by one. Nobody is refused until the last one has it.
    @ParameterizedTest
    @CsvSource({"new, 200", "old, 200", "older, 401", "'', 401"})
    void tokensOfARotation_allOpen(String token, int status) {
        assertEquals(
                status,
                new Client(rotating::port)
                        .get("/data", "Authorization", "Bearer " + token)
                        .status());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer wrong",
                "Bearer s3cret.Token_~+/",
                "Bearer s3cret.Token_~+/==",
                "Bearer S3CRET.TOKEN_~+/="
            })
    void wrongToken_isRefused(String authorization) {
        Answer answer = client.get("/data", "Authorization", authorization);

        assertEquals("""
                401 {"type":"about:blank","title":"Unauthorized","status":401,\
                "detail":"The bearer token is none of those in `API_TOKEN`: send one of them."}""", answer.told());
        assertEquals("Bearer realm=\"martlet\", error=\"invalid_token\"", answer.header("WWW-Authenticate"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic czNjcmV0", "s3cret.Token_~+/=", "Bearer", "Bearers3cret.Token_~+/=", ""})
    void otherSchemes_areRefused(String authorization) {
        assertEquals(401, client.get("/data", "Authorization", authorization).status());
    }

    @Test
    void twoTokens_areRefused() {
        assertEquals(
                401,
                client.get("/data", "Authorization", "Bearer wrong", "Authorization", "Bearer s3cret.Token_~+/=")
                        .status());
    }

    @Test
    void theRest_staysOpen() {
        for (var open : Map.of(
                        "/",
                        200,
                        "/openapi",
                        200,
                        "/metrics",
                        200,
                        "/health/live",
                        200,
                        "/health/started",
                        200,
                        "/nothing",
                        404)
                .entrySet()) {
            assertEquals(open.getValue(), client.get(open.getKey()).status(), open.getKey());
        }
        assertEquals(204, client.send("OPTIONS", "/data", "").status());
    }
}
