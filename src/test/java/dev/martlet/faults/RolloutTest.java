package dev.martlet.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.martlet.ServiceProcess;
import dev.martlet.Soak;
import dev.martlet.ledger.Ledger;
import dev.martlet.local.DatabaseProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nobody notices a deploy, not even a watcher. Two services on one database behind HAProxy are replaced one after
/// the other under load.
class RolloutTest {

    private static final Duration READY = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    @Timeout(900)
    void rollout_failsNoRequest_andLosesNoWrite() throws Exception {
        int rounds = Soak.size(1, 10);
        List<Integer> ports = List.of(Ports.free(), Ports.free());
        try (var database = DatabaseProcess.start(folder.resolve("data"), 0);
                var proxy = HaProxy.start(folder, ports)) {
            List<ServiceProcess> services = new ArrayList<>();
            try (var ledger = new Ledger(proxy.uri(), Duration.ofMillis(5))) {
                for (int port : ports) {
                    services.add(start(database, port));
                }
                // The proxy asks five times a second.
                Thread.sleep(1000);
                ledger.watching().start(16);
                Thread.sleep(1000);
                for (int replaced = 0; replaced < rounds * ports.size(); replaced++) {
                    int place = replaced % ports.size();
                    assertEquals(0, services.get(place).stop(), "exit status");
                    services.set(place, start(database, ports.get(place)));
                    Thread.sleep(1000);
                }
                Ledger.Report report = ledger.finish();
                Soak.report("rollout: %d instances replaced: %s", rounds * ports.size(), report);
                assertAll(
                        () -> assertTrue(report.acknowledged() > 100, report::toString),
                        () -> assertEquals(Map.of(), report.failures()),
                        () -> assertEquals(List.of(), report.wrong()),
                        () -> assertEquals(List.of(), report.mistold()),
                        () -> assertTrue(report.told() > 100, report::toString),
                        () -> assertEquals(List.of(), report.lost()));
            } finally {
                services.forEach(ServiceProcess::close);
            }
        }
    }

    private static ServiceProcess start(DatabaseProcess database, int port) throws Exception {
        ServiceProcess service =
                ServiceProcess.start(Map.of("PORT", Integer.toString(port), "MONGODB_URI", database.uri()));
        service.await("/health/ready", 200, READY);
        return service;
    }
}
