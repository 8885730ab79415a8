package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// [Pod Security `restricted`](https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted), and
/// what this project asks beyond it: a read-only root, a user of 10000 or more, no token, no environment variable for
/// every Service.
class PodSecurityTest {

    @ParameterizedTest
    @EnumSource
    void namespace_enforcesRestricted(Manifests.Source source) {
        var labels =
                source.manifests().one(Namespace.class, "martlet").getMetadata().getLabels();
        assertEquals("restricted", labels.get("pod-security.kubernetes.io/enforce"));
    }

    @TestFactory
    Stream<DynamicTest> pods_satisfyIt() {
        var workloads = Manifests.written("base", "components/backup", "components/monitoring", "monitoring", "local")
                .workloads()
                .stream();
        return Stream.concat(
                workloads.map(it -> DynamicTest.dynamicTest(
                        it.toString(), () -> restricted(it.template().getSpec()))),
                Stream.of(DynamicTest.dynamicTest(
                        "gitops/mongosh",
                        () -> restricted(Manifests.written("lib").all(Pod.class).stream()
                                .map(Pod::getSpec)
                                .filter(it ->
                                        it.getContainers().getFirst().getName().equals("mongosh"))
                                .findFirst()
                                .orElseThrow()))));
    }

    @TestFactory
    Stream<DynamicTest> serviceAccounts_mountNoToken() {
        return Manifests.written().all(ServiceAccount.class).stream()
                .map(it -> DynamicTest.dynamicTest(
                        it.getMetadata().getName(), () -> assertFalse(it.getAutomountServiceAccountToken())));
    }

    static void restricted(PodSpec pod) {
        var security = pod.getSecurityContext();
        assertAll(
                () -> assertNull(pod.getHostNetwork()),
                () -> assertNull(pod.getHostPID()),
                () -> assertNull(pod.getHostIPC()),
                () -> assertFalse(pod.getAutomountServiceAccountToken()),
                () -> assertFalse(pod.getEnableServiceLinks()),
                () -> assertTrue(security.getRunAsNonRoot()),
                () -> assertTrue(security.getRunAsUser() >= 10_000),
                () -> assertTrue(security.getRunAsGroup() >= 10_000),
                () -> assertEquals(
                        "RuntimeDefault", security.getSeccompProfile().getType()),
                () -> pod.getVolumes().forEach(PodSecurityTest::restricted),
                () -> pod.getInitContainers().forEach(PodSecurityTest::restricted),
                () -> pod.getContainers().forEach(PodSecurityTest::restricted));
    }

    private static void restricted(Container container) {
        var security = container.getSecurityContext();
        assertAll(
                () -> assertFalse(security.getAllowPrivilegeEscalation()),
                () -> assertTrue(security.getReadOnlyRootFilesystem()),
                () -> assertEquals(List.of("ALL"), security.getCapabilities().getDrop()),
                () -> assertEquals(List.of(), security.getCapabilities().getAdd()),
                () -> assertNull(security.getPrivileged()),
                () -> container.getPorts().forEach(port -> assertNull(port.getHostPort())),
                () -> assertTrue(container.getResources().getRequests().containsKey("memory")),
                () -> assertTrue(container.getResources().getLimits().containsKey("memory")));
    }

    private static void restricted(Volume volume) {
        var kinds = Stream.of(
                volume.getEmptyDir(), volume.getSecret(), volume.getConfigMap(), volume.getPersistentVolumeClaim());
        assertEquals(1, kinds.filter(java.util.Objects::nonNull).count(), volume::getName);
    }
}
