package dev.martlet.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.local.DatabaseProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Streams that are far larger than the heap, through a service in a process of its own. By hand, for a million:
/// `-Dmartlet.memory.documents=1000000 -Dmartlet.memory.text=140`; with `-Dmartlet.memory.embedded=true` the database
/// is in the same process.
class MemoryTest {

    private static final int DOCUMENTS = Integer.getInteger("martlet.memory.documents", 60_000);
    private static final String TEXT = "x".repeat(Integer.getInteger("martlet.memory.text", 2_000));
    private static final boolean EMBEDDED = Boolean.getBoolean("martlet.memory.embedded");
    private static final String HEAP = System.getProperty("martlet.memory.heap", EMBEDDED ? "-Xmx256m" : "-Xmx48m");

    @TempDir
    Path folder;

    @Test
    void uploadAndListing_takeNoMoreMemoryThanAHeapOf48Mebibytes() throws Exception {
        try (DatabaseProcess database = DatabaseProcess.start(folder.resolve("apart"), 0, "-Xmx512m");
                var service = ServiceProcess.start(
                        EMBEDDED
                                ? Map.of("DATA_DIR", folder.resolve("embedded").toString())
                                : Map.of("MONGODB_URI", database.uri()),
                        HEAP,
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:+UseCompactObjectHeaders")) {
            long before = service.residentMiB();
            String uploaded = upload(service);
            long afterUpload = service.residentMiB();
            assertEquals("""
                    {"status":"Data inserted","inserted":%d,"refused":0,"errors":[]}""".formatted(DOCUMENTS), uploaded);

            for (String type : new String[] {Client.NDJSON, Client.JSON}) {
                long started = System.nanoTime();
                var peak = new long[1];
                long bytes = list(service, type, peak);
                double seconds = (System.nanoTime() - started) / 1e9;
                System.out.printf(
                        "listing %s: %d documents, %d MB in %.1f s, %.0f documents/s; resident MiB before %d, after upload %d, during %d, after %d%n",
                        type,
                        DOCUMENTS,
                        bytes / 1_000_000,
                        seconds,
                        DOCUMENTS / seconds,
                        before,
                        afterUpload,
                        peak[0],
                        service.residentMiB());
                assertTrue(bytes > (100L + TEXT.length()) * DOCUMENTS, bytes + " bytes");
            }
            assertTrue(service.alive(), service::logText);
        }
    }

    @Test
    void events_whileLargeWorkHoldsItsWholePart_takeMemoryAtOnce() {
        var memory = new Memory(Duration.ZERO);
        long largeBytes = memory.size() - memory.size() / 5;
        int event = 100 << 10;
        try (var upload = memory.stream();
                var second = memory.stream();
                var watcher = memory.events()) {
            assertTrue(upload.tryHold(largeBytes));
            assertFalse(second.tryHold(event));
            assertTrue(watcher.tryHold(event));
        }
    }

    private static final String MEGABYTE = "{\"text\":\"" + "x".repeat(1_000_000) + "\"}";

    private static ServiceProcess small(DatabaseProcess database, String heap) throws Exception {
        return ServiceProcess.start(
                Map.of("MONGODB_URI", database.uri(), "REQUEST_TIMEOUT", "PT5S"),
                heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders");
    }

    @Test
    void listingsOfLargeDocuments_ofWhichNobodyReads_fitIntoASmallHeap() throws Exception {
        try (DatabaseProcess database = DatabaseProcess.start(folder.resolve("large"), 0, "-Xmx1g");
                var service = small(database, "-Xmx96m")) {
            for (int i = 0; i < 20; i++) {
                assertEquals(201, service.post(MEGABYTE).statusCode());
            }
            var readers = new ArrayList<Wire>();
            for (int i = 0; i < 40; i++) {
                Wire reader = Wire.to(service.port(), 4096);
                readers.add(reader);
                reader.request("GET", "/data");
            }
            Thread.sleep(3000);
            assertTrue(service.alive(), service::logText);
            for (Wire reader : readers) {
                reader.reset();
            }
            service.await("/data?limit=1", 200, Duration.ofSeconds(20));
            assertTrue(service.get("/data").body().length() > 20_000_000);
            assertEquals(List.of(), service.stackTraces());
        }
    }

    @Test
    void largeAnswers_thatNobodyReads_fitIntoASmallHeap() throws Exception {
        try (DatabaseProcess database = DatabaseProcess.start(folder.resolve("answers"), 0, "-Xmx1g");
                var service = small(database, "-Xmx64m")) {
            String location =
                    service.post(MEGABYTE).headers().firstValue("Location").orElseThrow();
            for (int round = 0; round < 2; round++) {
                var readers = new ArrayList<Wire>();
                for (int i = 0; i < 120; i++) {
                    Wire reader = Wire.to(service.port(), 4096);
                    readers.add(reader);
                    if (round == 0) {
                        // Several requests, because the kernel's buffer takes the first answers.
                        reader.send(("GET " + location + " HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(8));
                    } else {
                        String patch = "{\"n\":" + i + "}";
                        reader.send("PATCH " + location
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/merge-patch+json\r\nContent-Length: "
                                + patch.length() + "\r\n\r\n" + patch);
                    }
                }
                Thread.sleep(3000);
                assertTrue(service.alive(), service::logText);
                assertEquals(201, service.post("{}").statusCode());
                for (Wire reader : readers) {
                    reader.reset();
                }
                service.await(location, 200, Duration.ofSeconds(20));
                assertTrue(service.get(location).body().length() > 1_000_000);
            }
            assertEquals(List.of(), service.stackTraces());
        }
    }

    private static String upload(ServiceProcess service) throws IOException {
        var connection = (HttpURLConnection) service.uri("/data").toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setChunkedStreamingMode(64 * 1024);
        connection.setRequestProperty("Content-Type", Client.NDJSON);
        long started = System.nanoTime();
        long bytes = 0;
        long peak = 0;
        try (OutputStream out = connection.getOutputStream()) {
            for (int i = 0; i < DOCUMENTS; i++) {
                byte[] line = line(i);
                out.write(line);
                bytes += line.length;
                if (i % 10_000 == 0) {
                    peak = Math.max(peak, service.residentMiB());
                }
            }
        }
        try (InputStream in = connection.getInputStream()) {
            String answer = new String(in.readAllBytes(), US_ASCII);
            double seconds = (System.nanoTime() - started) / 1e9;
            System.out.printf(
                    "upload: %d lines, %d MB in %.1f s, %.0f lines/s; resident MiB at most %d%n",
                    DOCUMENTS, bytes / 1_000_000, seconds, DOCUMENTS / seconds, peak);
            return answer;
        }
    }

    private static byte[] line(int i) {
        return "{\"device\":\"sensor-%07d\",\"temperature\":%d.5,\"at\":\"2026-11-21T00:00:00Z\",\"position\":{\"latitude\":48.4,\"longitude\":9.99},\"tags\":[\"a\",\"b\"],\"note\":\"%s\"}\n"
                .formatted(i, i % 40, TEXT)
                .getBytes(US_ASCII);
    }

    private static long list(ServiceProcess service, String type, long[] peak) throws IOException {
        var connection = (HttpURLConnection) service.uri("/data").toURL().openConnection();
        connection.setRequestProperty("Accept", type);
        long bytes = 0;
        long next = 0;
        byte[] buffer = new byte[64 * 1024];
        try (InputStream in = connection.getInputStream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
                if (bytes > next) {
                    next = bytes + 5_000_000;
                    peak[0] = Math.max(peak[0], service.residentMiB());
                }
            }
        }
        return bytes;
    }
}
