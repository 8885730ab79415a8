package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The quota holds everything at once: the service at its largest and in the middle of a rollout, the database, and
/// every job.
class QuotaTest {

    @ParameterizedTest
    @EnumSource
    void quota_holdsTheLargestCluster(Manifests.Source source) {
        var manifests = source.manifests();
        var hard = manifests.one(ResourceQuota.class, "martlet").getSpec().getHard();
        assertAll(
                () -> holds(hard, "requests.cpu", sum(manifests, ResourceRequirements::getRequests, "cpu")),
                () -> holds(hard, "requests.memory", sum(manifests, ResourceRequirements::getRequests, "memory")),
                () -> holds(hard, "limits.cpu", sum(manifests, ResourceRequirements::getLimits, "cpu")),
                () -> holds(hard, "limits.memory", sum(manifests, ResourceRequirements::getLimits, "memory")),
                () -> holds(
                        hard,
                        "pods",
                        manifests.workloads().stream()
                                .map(it -> pods(manifests, it))
                                .reduce(BigDecimal.ZERO, BigDecimal::add)),
                () -> holds(
                        hard,
                        "persistentvolumeclaims",
                        BigDecimal.valueOf(claims(manifests).count())),
                () -> holds(
                        hard,
                        "requests.storage",
                        claims(manifests)
                                .map(it -> Quantity.getAmountInBytes(it.getSpec()
                                        .getResources()
                                        .getRequests()
                                        .get("storage")))
                                .reduce(BigDecimal.ZERO, BigDecimal::add)));
    }

    /// `gitops/cluster up` refuses a cluster without that much room, and warns of one that can't hold five pods in
    /// a rollout.
    @Test
    void room_isWhatThePodsAskFor() {
        var everything = Manifests.written(
                "base", "components/monitoring", "monitoring/prometheus", "monitoring/grafana", "local/git");
        var controller = Manifests.read(Manifests.GITOPS.resolve("argocd/apps/sealed-secrets.yaml"));
        assertTrue(controller.contains("requests: {cpu: 20m, memory: 32Mi}"), controller);
        var service = everything
                .workload("martlet")
                .template()
                .getSpec()
                .getContainers()
                .getFirst();
        var more = pods(everything, everything.workload("martlet")).subtract(BigDecimal.TWO);
        for (var resource : Map.of("cpu", new BigDecimal("0.020"), "memory", BigDecimal.valueOf(32L << 20))
                .entrySet()) {
            var unit = resource.getKey().equals("cpu") ? new BigDecimal("0.001") : BigDecimal.valueOf(1 << 20);
            var full = sum(everything, ResourceRequirements::getRequests, resource.getKey())
                    .add(resource.getValue());
            var start =
                    full.subtract(amount(service.getResources().getRequests().get(resource.getKey()))
                            .multiply(more));
            assertAll(
                    () -> assertEquals(
                            said("start_" + resource.getKey()),
                            start.divide(unit).intValueExact()),
                    () -> assertEquals(
                            said("full_" + resource.getKey()), full.divide(unit).intValueExact()));
        }
    }

    private static int said(String name) {
        var line = java.util.regex.Pattern.compile("\\b" + name + "=(\\d+)")
                .matcher(Manifests.read(Manifests.GITOPS.resolve("lib/room.bash")));
        assertTrue(line.find(), name);
        return Integer.parseInt(line.group(1));
    }

    @ParameterizedTest
    @EnumSource
    void limits_areWithinTheLimitRange(Manifests.Source source) {
        var manifests = source.manifests();
        var most = manifests
                .one(LimitRange.class, "martlet")
                .getSpec()
                .getLimits()
                .getFirst()
                .getMax();
        manifests.workloads().stream()
                .flatMap(it -> it.template().getSpec().getContainers().stream())
                .forEach(container -> most.forEach((resource, limit) -> assertTrue(
                        amount(container.getResources().getLimits().get(resource))
                                        .compareTo(amount(limit))
                                <= 0,
                        container::getName)));
    }

    private static void holds(Map<String, Quantity> hard, String resource, BigDecimal needed) {
        var allowed = amount(hard.get(resource));
        assertTrue(
                allowed.compareTo(needed) >= 0, () -> "%s: %s needed, %s allowed".formatted(resource, needed, allowed));
    }

    private static BigDecimal sum(
            Manifests manifests, Function<ResourceRequirements, Map<String, Quantity>> side, String resource) {
        return manifests.workloads().stream()
                .map(it -> it.template().getSpec().getContainers().stream()
                        .map(container ->
                                amount(side.apply(container.getResources()).get(resource)))
                        .reduce(BigDecimal.ZERO, BigDecimal::add)
                        .multiply(pods(manifests, it)))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static BigDecimal amount(@Nullable Quantity quantity) {
        return Quantity.getAmountInBytes(Objects.requireNonNull(quantity, "a resource that is not set"));
    }

    private static BigDecimal pods(Manifests manifests, Manifests.Workload workload) {
        return BigDecimal.valueOf(
                switch (workload.owner()) {
                    case StatefulSet set -> set.getSpec().getReplicas();
                    case Deployment it
                    when it.getSpec().getReplicas() != null -> it.getSpec().getReplicas();
                    case Deployment it ->
                        manifests
                                        .one(HorizontalPodAutoscaler.class, workload.name())
                                        .getSpec()
                                        .getMaxReplicas()
                                + it.getSpec()
                                        .getStrategy()
                                        .getRollingUpdate()
                                        .getMaxSurge()
                                        .getIntVal();
                    default -> 1;
                });
    }

    private static Stream<PersistentVolumeClaim> claims(Manifests manifests) {
        return Stream.concat(
                manifests.all(PersistentVolumeClaim.class).stream(),
                manifests.all(StatefulSet.class).stream()
                        .flatMap(set -> set.getSpec().getVolumeClaimTemplates().stream()
                                .flatMap(claim -> Stream.generate(() -> claim)
                                        .limit(set.getSpec().getReplicas()))));
    }
}
