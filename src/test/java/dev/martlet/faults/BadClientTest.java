package dev.martlet.faults;

import static dev.martlet.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever a client sends, it is answered or cut off. The service does not fail, does not leak, and answers
/// everybody else.
@Timeout(900)
class BadClientTest {

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");
    private static final String JSON = "POST /data HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";

    @TempDir
    private static Path folder;

    /// A busy machine may be late, but not by minutes.
    private static final Duration GENEROUS = Duration.ofSeconds(20);

    private static ServiceProcess service;

    @BeforeAll
    static void start() throws Exception {
        service = ServiceProcess.start(Map.of("REQUEST_TIMEOUT", "PT4S", "DATA_DIR", folder.toString()));
        service.await("/health/ready", 200, Duration.ofSeconds(30));
        assertEquals(201, service.post("{\"a\":1}").statusCode());
    }

    @AfterAll
    static void end() {
        service.close();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        var after = service.post("{\"a\":1}");
        assertEquals(201, after.statusCode(), () -> after.body() + service.logText());
        eventually(GENEROUS, () -> {
            int connections = service.connections();
            assertTrue(connections <= 5, () -> connections + " connections are left");
            assertEquals(1, service.meter("http_server_active_requests"));
        });
        assertEquals(List.of(), service.stackTraces());
    }

    private static List<Integer> statuses(String answers) {
        return STATUS.matcher(answers)
                .results()
                .map(status -> Integer.valueOf(status.group(1)))
                .toList();
    }

    /// Sends, closes its side, and takes whatever comes.
    private static String exchange(byte[] request) throws IOException {
        try (var client = RawHttp.connect(service.port())) {
            try {
                client.send(request);
                client.endOutput();
            } catch (java.net.SocketException e) {
                // It was cut off while sending. There may be an answer all the same.
            }
            return client.receiveAll();
        }
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            HTTP/1.0,                 400,      GET / HTTP/1.0||
            noise,                    400,      qwertz||
            no host,                  400,      GET / HTTP/1.1||
            two hosts,                400,      GET / HTTP/1.1|Host: a|Host: b||
            two lengths,              400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Content-Length: 7|Content-Length: 8||{"a":1}
            length and chunks,        400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Content-Length: 7|Transfer-Encoding: chunked||7|{"a":1}|0||
            unknown coding,           400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Transfer-Encoding: gzip||0||
            chunk extension,          400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Transfer-Encoding: chunked||7;x=y|{"a":1}|0||
            trailer,                  400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Transfer-Encoding: chunked||7|{"a":1}|0|X: y||
            negative chunk,           400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Transfer-Encoding: chunked||-7|{"a":1}|0||
            chunks,                   201,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Transfer-Encoding: chunked||3|{"a|4|":1}|0||
            half a body,              400,      POST /data HTTP/1.1|Host: a|Content-Type: application/json|Content-Length: 9||{"a":1}
            refused with a request in its body,  413,  POST /data HTTP/1.1|Host: a|Content-Type: application/json|Content-Length: 99999999||GET / HTTP/1.1|Host: a||
            100-continue,             100 201,  POST /data HTTP/1.1|Host: a|Content-Type: application/json|Content-Length: 7|Expect: 100-continue||{"a":1}
            pipeline,                 200 404 200,  GET / HTTP/1.1|Host: a||GET /data/nobody HTTP/1.1|Host: a||GET / HTTP/1.1|Host: a||
            """)
    void oddRequest_isAnswered(String what, String expected, String request) throws Exception {
        String answer = exchange(request.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(
                expected,
                String.join(" ", statuses(answer).stream().map(String::valueOf).toList()),
                () -> what + ": " + answer);
    }

    @Test
    void oversizedHeads_areRefused() throws Exception {
        String line = exchange(("GET /" + "a".repeat(1_000_000) + " HTTP/1.1\r\nHost: a\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        String flood = exchange(("GET / HTTP/1.1\r\nHost: a\r\n" + "X-Flood: yes\r\n".repeat(100_000) + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        assertAll(() -> assertEquals(List.of(414), statuses(line)), () -> assertEquals(List.of(400), statuses(flood)));
    }

    @Test
    void oversizedChunk_isRefused_beforeItFillsTheMemory() throws Exception {
        byte[] piece = new byte[1 << 20];
        Arrays.fill(piece, (byte) ' ');
        try (var client = RawHttp.connect(service.port())) {
            client.send(JSON + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
            try {
                for (int sent = 0; sent < 300; sent++) {
                    client.send(piece);
                }
            } catch (java.net.SocketException e) {
                // Cut off.
            }
            String answer = client.receiveAll();
            // The heap has 160 MiB.
            assertTrue(answer.isEmpty() || statuses(answer).equals(List.of(413)), answer);
        }
    }

    @Test
    void earlyDisconnects_areNobodysProblem() throws Exception {
        for (int i = 0; i < Soak.size(200, 2000); i++) {
            try (var client = RawHttp.connect(service.port())) {
                client.send(
                        i % 2 == 0
                                ? JSON + "Content-Length: 7\r\n\r\n{\"a\":1}"
                                : "GET /data HTTP/1.1\r\nHost: test\r\n\r\n");
            }
        }
        assertEquals(200, service.status("/health/ready"));
        // There are more requests than may be answered at once. Until they are answered, 503 is right.
        eventually(GENEROUS, () -> assertEquals(1, service.meter("http_server_active_requests")));
    }

    @Test
    void madeUpMethods_makeNoMeters() throws Exception {
        for (String method : List.of("BREW", "WHEN")) {
            byte[] request = (method + " / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1);
            assertEquals(List.of(405), statuses(exchange(request)));
        }
        eventually(GENEROUS, () -> {
            String told = service.get("/metrics").body();
            assertTrue(told.contains("method=\"other\""), told);
        });
        String told = service.get("/metrics").body();
        assertTrue(!told.contains("BREW") && !told.contains("WHEN"), told);
    }

    @Test
    void mutatedRequests_neverFailTheService() throws Exception {
        int requests = Soak.size(2000, 100_000);
        long seed = System.nanoTime();
        service.collectGarbage();
        int before = service.residentMiB();
        List<Future<String>> failures = new ArrayList<>();
        try (var clients = Executors.newFixedThreadPool(16)) {
            for (int client = 0; client < 16; client++) {
                var random = new Random(seed + client);
                failures.add(clients.submit(() -> mutate(random, requests / 16)));
            }
        }
        for (Future<String> failure : failures) {
            assertEquals("", failure.get(), () -> "seed " + seed + "\n" + service.logText());
        }
        // Memory that is still in use after this is a leak.
        service.collectGarbage();
        int after = service.residentMiB();
        Soak.report("%d mutated requests, resident memory %d then %d MiB", requests, before, after);
        assertTrue(service.alive());
        assertTrue(after < before + 120, () -> "resident memory grew from " + before + " to " + after + " MiB");
    }

    private static final List<String> VALID = List.of(
            "GET / HTTP/1.1\r\nHost: test\r\nAccept: text/html\r\n\r\n",
            "GET /data?limit=3&sort=-a&fields=a,b HTTP/1.1\r\nHost: test\r\nAccept: application/x-ndjson\r\nAccept-Encoding: gzip\r\n\r\n",
            "GET /data?filter=%7B%22a%22:%7B%22$gt%22:0%7D%7D&limit=2 HTTP/1.1\r\nHost: test\r\n\r\n",
            JSON + "Idempotency-Key: abc\r\nContent-Length: 14\r\n\r\n{\"a\":[1,2.50]}",
            JSON + "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
            "POST /data HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-ndjson\r\nContent-Length: 16\r\n\r\n{\"a\":1}\n{\"a\":2}\n",
            "PUT /data/x HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nIf-Match: \"abc\"\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
            "PATCH /data/x HTTP/1.1\r\nHost: test\r\nContent-Type: application/merge-patch+json\r\nContent-Length: 10\r\n\r\n{\"a\":null}",
            "DELETE /data/x HTTP/1.1\r\nHost: test\r\nX-Request-Id: 1\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\nHEAD /openapi HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");

    /// The first failure, or an empty text.
    private static String mutate(Random random, int requests) throws IOException {
        for (int i = 0; i < requests; i++) {
            byte[] request = VALID.get(random.nextInt(VALID.size())).getBytes(StandardCharsets.ISO_8859_1);
            for (int times = 1 + random.nextInt(4); times > 0 && request.length > 1; times--) {
                request = mutated(random, request);
            }
            String answer = exchange(request);
            if (statuses(answer).stream().anyMatch(status -> status >= 500 && status != 503)) {
                return new String(request, StandardCharsets.ISO_8859_1) + "\n-> " + answer;
            }
        }
        return "";
    }

    private static byte[] mutated(Random random, byte[] request) {
        int at = random.nextInt(request.length);
        int to = Math.min(request.length, at + 1 + random.nextInt(8));
        byte[] head = Arrays.copyOf(request, at);
        byte[] some = Arrays.copyOfRange(request, at, to);
        byte[] tail = Arrays.copyOfRange(request, to, request.length);
        return switch (random.nextInt(6)) {
            case 0 -> joined(head, tail);
            case 1 -> joined(head, some, some, tail);
            case 2 -> joined(head, tail, some);
            case 3 -> head;
            case 4 -> joined(head, new byte[] {(byte) random.nextInt(256)}, some, tail);
            default -> {
                request[at] ^= (byte) (1 << random.nextInt(8));
                yield request;
            }
        };
    }

    private static byte[] joined(byte[]... parts) {
        var all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void noAnswer_tellsOfTheInside() throws Exception {
        String answer = exchange("GET /data/%zz HTTP/1.1\r\nHost: test\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        assertFalse(answer.contains("Exception") || answer.contains("helidon"), answer);
    }
}
