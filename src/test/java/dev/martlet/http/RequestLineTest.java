package dev.martlet.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.helidon.http.RequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestLineTest {

    private static String inOriginForm(String line) {
        return new String(RequestLine.inOriginForm(line.getBytes(US_ASCII)), US_ASCII);
    }

    @ParameterizedTest
    @CsvSource({
        "GET /data HTTP/1.1, GET /data HTTP/1.1",
        "OPTIONS * HTTP/1.1, OPTIONS * HTTP/1.1",
        "GET http://host/data?limit=1 HTTP/1.1, GET /data?limit=1 HTTP/1.1",
        "GET https://host:8080/ HTTP/1.1, GET / HTTP/1.1",
        "GET http://host HTTP/1.1, GET / HTTP/1.1",
        "GET http://host?a=/b HTTP/1.1, GET /?a=/b HTTP/1.1",
        "GET http:///data HTTP/1.1, GET http:///data HTTP/1.1",
        "GET ftp://host/data HTTP/1.1, GET ftp://host/data HTTP/1.1",
        "CONNECT host:1 HTTP/1.1, CONNECT host:1 HTTP/1.1",
        "noise, NOISE"
    })
    void absoluteForm_becomesOriginForm(String line, String expected) {
        assertEquals(expected, inOriginForm(line.equals("noise") ? "NOISE" : line));
    }

    @Test
    void emptyLine_isLeftToHelidon() {
        assertEquals("", inOriginForm(""));
        assertEquals("GET ", inOriginForm("GET "));
        assertEquals("GET http://", inOriginForm("GET http://"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "}", "\"", "\\"})
    void target_isRefusedUpToWhatHasToBeEncoded(String character) {
        var refused =
                assertThrows(RequestException.class, () -> inOriginForm("GET /data?a=" + character + "b HTTP/1.1"));

        assertEquals("/data?a=" + character, refused.request().path());
        assertEquals("GET", refused.request().method());
    }

    @ParameterizedTest
    @ValueSource(strings = {"get /data HTTP/1.1", "Get /data HTTP/1.1", "qwertz"})
    void lowerCase_isNoMethod(String line) {
        assertThrows(RequestException.class, () -> inOriginForm(line));
    }
}
