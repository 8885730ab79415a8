package dev.martlet.local;

import static dev.martlet.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.martlet.ServiceProcess;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The service on a disk that gives errors. Writing ends, reading goes on, and the cure is named.
@Execution(ExecutionMode.CONCURRENT)
class FailingDiskTest {

    /// Lets writes to the database's file fail, with the error whose number is in the file `$FAULT`.
    private static final String SHIM = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>

            static int fails(int fd) {
                char link[64], path[4096];
                snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
                ssize_t length = readlink(link, path, sizeof path - 1);
                if (length < 10 || strncmp(path + length - 10, "martlet.db", 10) != 0) {
                    return 0;
                }
                FILE *fault = fopen(getenv("FAULT"), "r");
                int error = 0;
                if (fault == NULL) {
                    return 0;
                }
                if (fscanf(fault, "%d", &error) == 1) {
                    errno = error;
                }
                fclose(fault);
                errno = error;
                return error != 0;
            }

            ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
                ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
                return fails(fd) ? -1 : real(fd, bytes, count, at);
            }

            int fdatasync(int fd) {
                int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
                return fails(fd) ? -1 : real(fd);
            }

            int fsync(int fd) {
                int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
                return fails(fd) ? -1 : real(fd);
            }
            """;

    @TempDir
    Path folder;

    private Path shim() throws Exception {
        Path source = Files.writeString(folder.resolve("shim.c"), SHIM);
        Path library = folder.resolve("shim.so");
        try {
            int status = new ProcessBuilder(
                            "cc", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                    .inheritIO()
                    .start()
                    .waitFor();
            assertEquals(0, status, "the compiler");
        } catch (IOException e) {
            assumeTrue(false, "no C compiler to make a disk fail with: " + e.getMessage());
        }
        return library;
    }

    private Path database() throws IOException {
        return Files.createDirectories(folder.resolve("data")).toRealPath();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5 | cannot be written (Input/output error): check the disk, and writing goes on by itself",
                "30 | cannot be written, its file system is read-only: make it writable, and writing goes on by itself",
            })
    void failingDisk_isToldAndForgotten(int error, String meaning) throws Exception {
        Path fault = Files.writeString(folder.resolve("fault"), "0");
        var settings = Map.of(
                "DATA_DIR", database().toString(),
                "LD_PRELOAD", shim().toString(),
                "FAULT", fault.toString());
        List<String> stored = new ArrayList<>();
        try (var service = ServiceProcess.start(settings)) {
            stored.add(post(service, 0, 201));
            Files.writeString(fault, Integer.toString(error));
            eventually(Duration.ofSeconds(10), () -> post(service, 1, 507));
            HttpResponse<String> refused = service.post("{}");
            assertEquals(
                    "{\"type\":\"about:blank\",\"title\":\"Insufficient Storage\",\"status\":507,\"detail\":"
                            + "\"Nothing can be written: " + database() + "/martlet.db " + meaning + ".\"}",
                    refused.body());
            assertEquals(200, service.status("/data/0"));
            assertEquals(200, service.status("/health/live"));
            HttpResponse<String> ready = service.get("/health/ready");
            assertEquals(503, ready.statusCode());
            assertTrue(ready.body().contains(meaning), ready::body);
            Thread.sleep(2500);
            Files.writeString(fault, "0");
            service.await("/health/ready", 200, Duration.ofSeconds(5));
            stored.add(post(service, 2, 201));
            assertEquals(
                    1,
                    service.log().stream()
                            .filter(line -> line.contains("Nothing can be written"))
                            .count(),
                    service::logText);
            assertEquals(List.of(), service.stackTraces());
        }
        try (var service = ServiceProcess.start(Map.of("DATA_DIR", database().toString()))) {
            for (String id : stored) {
                assertEquals(200, service.status("/data/" + id), id);
            }
        }
    }

    private static String post(ServiceProcess service, int id, int expected) throws Exception {
        HttpResponse<String> answer = service.post("{\"_id\":\"" + id + "\"}");
        assertEquals(expected, answer.statusCode(), answer::body);
        return Integer.toString(id);
    }

    @Test
    void uploadOfLinesToAFullDisk_saysWhereToGoOn() throws Exception {
        Path file = database().resolve("martlet.db");
        try (var service = ServiceProcess.start(Map.of("DATA_DIR", database().toString()))) {
            assertEquals(201, service.post("{}").statusCode());
            Process limit = new ProcessBuilder(
                            "prlimit",
                            "--pid=" + service.pid(),
                            "--fsize=" + (Files.size(file) + 1_000_000) + ":unlimited")
                    .start();
            assertEquals(0, limit.waitFor());
            String text = "x".repeat(1000);
            HttpResponse<String> answer = service.send(HttpRequest.newBuilder(service.uri("/data"))
                    .header("Content-Type", "application/x-ndjson")
                    .POST(BodyPublishers.ofString(IntStream.range(0, 20_000)
                            .mapToObj(i -> "{\"_id\":\"line" + i + "\",\"text\":\"" + text + "\"}")
                            .collect(Collectors.joining("\n")))));
            assertEquals(507, answer.statusCode(), answer::body);
            assertTrue(
                    answer.body()
                            .matches("\\{\"type\":\"about:blank\",\"title\":\"Insufficient Storage\",\"status\":507,"
                                    + "\"detail\":\"Nothing can be written: the disk of " + file
                                    + " is full: make room, and writing goes on by itself\\."
                                    + " Then send what follows line (\\d+) again\\.\",\"inserted\":\\1,"
                                    + "\"settledLines\":\\1}"),
                    answer::body);
        }
    }

    /// A mount that is read-only, in a name space of the process's own: root may write what the bits forbid.
    @Test
    void readOnlyFolder_isRefusedAtTheStart() throws Exception {
        assumeTrue(
                new ProcessBuilder("unshare", "-rm", "true").start().waitFor() == 0,
                "this machine allows no mount name space");
        Process process = new ProcessBuilder(
                        "unshare",
                        "-rm",
                        "sh",
                        "-c",
                        "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"",
                        database().toString(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DatabaseProcess.class.getName(),
                        database().toString(),
                        "0")
                .redirectErrorStream(true)
                .start();
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertEquals(1, process.exitValue(), output);
            assertEquals(
                    "cannot write to the folder " + database()
                            + " of the embedded database: make it writable, or set DATA_DIR to another folder",
                    output.lines().toList().getLast());
        } finally {
            process.destroyForcibly();
        }
    }
}
