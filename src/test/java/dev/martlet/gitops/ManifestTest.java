package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Rules that concern several files. Each is checked on the files as written and on every overlay as rendered.
class ManifestTest {

    @ParameterizedTest
    @EnumSource
    void labelSelectors_matchThePodsOfOneWorkload(Manifests.Source source) {
        var manifests = source.manifests();
        var services = manifests.all(Service.class).stream()
                .collect(Collectors.toMap(
                        it -> it.getMetadata().getName(),
                        it -> chosen(manifests, it.getSpec().getSelector())));
        var budgets = manifests.all(PodDisruptionBudget.class).stream()
                .collect(Collectors.toMap(
                        it -> it.getMetadata().getName(),
                        it -> chosen(manifests, it.getSpec().getSelector().getMatchLabels())));
        assertAll(
                () -> assertEquals(
                        Map.of(
                                "martlet", List.of("Deployment martlet"),
                                "martlet-management", List.of("Deployment martlet"),
                                "mongo", List.of("StatefulSet mongo"),
                                "mongo-exporter", List.of("Deployment mongo-exporter")),
                        services),
                () -> assertEquals(
                        Map.of("martlet", List.of("Deployment martlet"), "mongo", List.of("StatefulSet mongo")),
                        budgets));
    }

    @ParameterizedTest
    @EnumSource
    void workloads_selectTheirOwnPods(Manifests.Source source) {
        var manifests = source.manifests();
        manifests
                .all(Deployment.class)
                .forEach(it -> assertEquals(
                        it.getSpec().getSelector().getMatchLabels().get("app.kubernetes.io/name"),
                        it.getSpec().getTemplate().getMetadata().getLabels().get("app.kubernetes.io/name")));
        manifests
                .all(StatefulSet.class)
                .forEach(it -> assertTrue(it.getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getLabels()
                        .entrySet()
                        .containsAll(it.getSpec().getSelector().getMatchLabels().entrySet())));
    }

    @ParameterizedTest
    @EnumSource
    void networkPolicies_nameExistingPodsAndPorts(Manifests.Source source) {
        var manifests = source.manifests();
        for (var policy : manifests.all(NetworkPolicy.class)) {
            var selector = policy.getSpec().getPodSelector();
            var chosen = manifests.workloads().stream()
                    .filter(it -> selector.getMatchLabels() == null
                            || it.labels()
                                    .entrySet()
                                    .containsAll(selector.getMatchLabels().entrySet()))
                    .filter(it -> selector.getMatchExpressions().stream().allMatch(rule -> rule.getValues()
                            .contains(it.labels().get(rule.getKey()))))
                    .toList();
            assertFalse(
                    chosen.isEmpty(),
                    () -> "no pod is chosen by " + policy.getMetadata().getName());

            var ports = chosen.stream()
                    .flatMap(ManifestTest::ports)
                    .map(ContainerPort::getName)
                    .collect(Collectors.toSet());
            policy.getSpec().getIngress().stream()
                    .flatMap(rule -> rule.getPorts().stream())
                    .map(NetworkPolicyPort::getPort)
                    .forEach(port -> assertTrue(
                            ports.contains(port.getStrVal()),
                            () -> policy.getMetadata().getName() + ": no port " + port));
        }
    }

    @ParameterizedTest
    @EnumSource
    void trafficIsDenied_unlessAPolicyAllowsIt(Manifests.Source source) {
        var denial = source.manifests().one(NetworkPolicy.class, "deny-all").getSpec();
        assertAll(
                () -> assertEquals(List.of("Ingress", "Egress"), denial.getPolicyTypes()),
                () -> assertNull(denial.getPodSelector().getMatchLabels().get("app.kubernetes.io/name")),
                () -> assertEquals(List.of(), denial.getIngress()),
                () -> assertEquals(List.of(), denial.getEgress()));
    }

    @ParameterizedTest
    @EnumSource
    void podsThatUseTheDatabase_mayReachIt(Manifests.Source source) {
        source.manifests().workloads().stream()
                .filter(it -> containers(it)
                        .flatMap(container -> container.getEnv().stream())
                        .anyMatch(variable -> Objects.requireNonNullElse(variable.getValue(), "")
                                .contains("mongo-0.mongo.")))
                .forEach(it -> assertEquals("client", it.labels().get("martlet.dev/database"), it::toString));
    }

    @ParameterizedTest
    @EnumSource
    void servicePorts_areContainerPorts(Manifests.Source source) {
        var manifests = source.manifests();
        for (var service : manifests.all(Service.class)) {
            var names = manifests.workloads().stream()
                    .filter(it -> it.labels()
                            .entrySet()
                            .containsAll(service.getSpec().getSelector().entrySet()))
                    .flatMap(ManifestTest::ports)
                    .map(ContainerPort::getName)
                    .collect(Collectors.toSet());
            service.getSpec()
                    .getPorts()
                    .forEach(port -> assertTrue(
                            names.contains(port.getTargetPort().getStrVal()),
                            () -> service.getMetadata().getName() + " has no " + port));
        }
    }

    @ParameterizedTest
    @EnumSource
    void probes_askThreeDifferentPathsOfTheManagementPort(Manifests.Source source) {
        var container = container(source.manifests(), "martlet");
        var management = container.getPorts().stream()
                .filter(port -> port.getName().equals("management"))
                .findFirst()
                .orElseThrow();
        var paths = Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                .peek(probe ->
                        assertEquals("management", probe.getHttpGet().getPort().getStrVal()))
                .map(probe -> probe.getHttpGet().getPath())
                .toList();
        assertAll(
                () -> assertEquals(List.of("/health/started", "/health/live", "/health/ready"), paths),
                () -> assertEquals(
                        environment(container).get("MANAGEMENT_PORT"),
                        management.getContainerPort().toString()));
    }

    @ParameterizedTest
    @EnumSource
    void databaseProbes_startNoShellOfMongo(Manifests.Source source) {
        var container = container(source.manifests(), "mongo");
        Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                .filter(probe -> probe.getExec() != null)
                .forEach(probe -> assertEquals(
                        List.of("bash", "/scripts/ready"), probe.getExec().getCommand()));
    }

    @ParameterizedTest
    @EnumSource
    void gracePeriod_holdsThePauseAndTheDrain(Manifests.Source source) {
        var manifests = source.manifests();
        var pod = manifests.workload("martlet").template().getSpec();
        var container = pod.getContainers().getFirst();
        var pause = container.getLifecycle().getPreStop().getSleep().getSeconds();
        var drain = java.time.Duration.parse(environment(container).get("SHUTDOWN_GRACE"))
                .toSeconds();
        assertAll(
                () -> assertTrue(pod.getTerminationGracePeriodSeconds() >= pause + drain + 10),
                () -> assertTrue(
                        manifests.workload("mongo").template().getSpec().getTerminationGracePeriodSeconds() >= 60));
    }

    @ParameterizedTest
    @EnumSource
    void rollout_neverGoesBelowTheWantedPods(Manifests.Source source) {
        var strategy = source.manifests()
                .one(Deployment.class, "martlet")
                .getSpec()
                .getStrategy()
                .getRollingUpdate();
        assertEquals(0, strategy.getMaxUnavailable().getIntVal());
    }

    @ParameterizedTest
    @EnumSource
    void replicas_belongToTheAutoscaler(Manifests.Source source) {
        var manifests = source.manifests();
        for (var autoscaler : manifests.all(HorizontalPodAutoscaler.class)) {
            var target = manifests.one(
                    Deployment.class, autoscaler.getSpec().getScaleTargetRef().getName());
            assertAll(
                    () -> assertNull(target.getSpec().getReplicas(), "replicas beside an autoscaler"),
                    () -> assertEquals(
                            1,
                            autoscaler.getSpec().getMetrics().size(),
                            "several metrics are reordered by the API server"),
                    () -> assertEquals(2, autoscaler.getSpec().getMinReplicas()),
                    () -> assertEquals(5, autoscaler.getSpec().getMaxReplicas()),
                    () -> assertEquals(
                            70,
                            autoscaler
                                    .getSpec()
                                    .getMetrics()
                                    .getFirst()
                                    .getResource()
                                    .getTarget()
                                    .getAverageUtilization()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void disruptionBudgets_letANodeDrain(Manifests.Source source) {
        var budgets = source.manifests().all(PodDisruptionBudget.class);
        assertEquals(2, budgets.size());
        budgets.forEach(it -> assertAll(
                () -> assertNull(it.getSpec().getMinAvailable()),
                () -> assertEquals(1, it.getSpec().getMaxUnavailable().getIntVal()),
                () -> assertEquals("AlwaysAllow", it.getSpec().getUnhealthyPodEvictionPolicy())));
    }

    @ParameterizedTest
    @EnumSource
    void requestsAndLimits_areThoseOfTheDesign(Manifests.Source source) {
        for (var name : List.of("martlet", "mongo")) {
            var resources = container(source.manifests(), name).getResources();
            assertAll(
                    () -> assertEquals(
                            "200m/250Mi",
                            resources.getRequests().get("cpu") + "/"
                                    + resources.getRequests().get("memory")),
                    () -> assertEquals(
                            "500m/500Mi",
                            resources.getLimits().get("cpu") + "/"
                                    + resources.getLimits().get("memory")));
        }
    }

    @ParameterizedTest
    @EnumSource
    void secrets_areSealedAndHoldTheKeysThatPodsName(Manifests.Source source) {
        var manifests = source.manifests();
        var sealed = manifests.all(Custom.SealedSecret.class).stream()
                .collect(Collectors.toMap(
                        it -> it.metadata().getName(),
                        it -> it.spec().encryptedData().keySet()));
        for (var workload : manifests.workloads()) {
            volumes(workload)
                    .filter(volume -> volume.getSecret() != null)
                    .forEach(volume -> assertTrue(
                            sealed.containsKey(volume.getSecret().getSecretName()), () -> workload + ": " + volume));
            containers(workload)
                    .flatMap(container -> container.getEnv().stream())
                    .filter(variable -> variable.getValueFrom() != null)
                    .map(variable -> variable.getValueFrom().getSecretKeyRef())
                    .filter(Objects::nonNull)
                    .forEach(key -> assertTrue(
                            sealed.getOrDefault(key.getName(), Set.of()).contains(key.getKey()),
                            () -> workload + ": " + key));
        }
        assertAll(
                () -> assertEquals(Set.of("username", "password"), sealed.get("martlet-database")),
                () -> assertEquals(Set.of("keyfile"), sealed.get("mongo-keyfile")),
                () -> assertTrue(
                        Objects.requireNonNull(sealed.get("mongo-root")).containsAll(Set.of("username", "password"))));
    }

    @ParameterizedTest
    @EnumSource
    void secretFiles_areWhereTheVariablesSay(Manifests.Source source) {
        var container = container(source.manifests(), "martlet");
        var mount = container.getVolumeMounts().stream()
                .filter(it -> it.getName().equals("credentials"))
                .findFirst()
                .orElseThrow();
        assertAll(
                () -> assertEquals(
                        mount.getMountPath() + "/username",
                        environment(container).get("MONGO_USERNAME_FILE")),
                () -> assertEquals(
                        mount.getMountPath() + "/password",
                        environment(container).get("MONGO_PASSWORD_FILE")));
    }

    @ParameterizedTest
    @EnumSource
    void connectionString_namesEveryMemberAndMajority(Manifests.Source source) {
        var manifests = source.manifests();
        var members = manifests.one(StatefulSet.class, "mongo").getSpec();
        var hosts = java.util.stream.IntStream.range(0, members.getReplicas())
                .mapToObj(i -> "mongo-%d.%s.martlet.svc.cluster.local:27017".formatted(i, members.getServiceName()))
                .collect(Collectors.joining(","));
        assertAll(
                () -> assertEquals(
                        "mongodb://" + hosts
                                + "/martlet?replicaSet=rs0&w=majority&readConcernLevel=majority&retryWrites=true&authSource=martlet",
                        environment(container(manifests, "martlet")).get("MONGODB_URI")),
                () -> assertEquals(
                        hosts,
                        environment(container(manifests, "mongo-bootstrap")).get("MEMBERS")),
                () -> assertTrue(manifests.one(Service.class, "mongo").getSpec().getPublishNotReadyAddresses()),
                () -> assertEquals("Parallel", members.getPodManagementPolicy()));
    }

    @ParameterizedTest
    @EnumSource
    void volumes_areMountedOnceAndExist(Manifests.Source source) {
        for (var workload : source.manifests().workloads()) {
            var templates = workload.owner() instanceof StatefulSet set
                    ? set.getSpec().getVolumeClaimTemplates().stream()
                            .map(it -> it.getMetadata().getName())
                    : Stream.<String>of();
            var declared = Stream.concat(volumes(workload).map(Volume::getName), templates)
                    .sorted()
                    .toList();
            var mounted = containers(workload)
                    .flatMap(it -> it.getVolumeMounts().stream())
                    .map(it -> it.getName())
                    .sorted()
                    .toList();
            assertEquals(declared, mounted, workload::toString);
        }
    }

    @ParameterizedTest
    @EnumSource
    void volumeClaimTemplates_writeTheirKind(Manifests.Source source) {
        source.manifests().all(StatefulSet.class).stream()
                .flatMap(it -> it.getSpec().getVolumeClaimTemplates().stream())
                .forEach(it -> assertEquals("v1/PersistentVolumeClaim", it.getApiVersion() + "/" + it.getKind()));
    }

    /// With the image's own value, 0, mongod 8.0 ends at once on Linux 6.19 to 7.0.13 (SERVER-121912).
    @ParameterizedTest
    @EnumSource
    void mongod_startsOnNewKernels(Manifests.Source source) {
        assertEquals(
                "glibc.pthread.rseq=1",
                environment(container(source.manifests(), "mongo")).get("GLIBC_TUNABLES"));
    }

    /// The service's own image is the pipeline's, or this machine's.
    @ParameterizedTest
    @EnumSource
    void database_isOneImageEverywhere(Manifests.Source source) {
        assertEquals(
                1,
                images(source.manifests()).filter(it -> it.contains("mongo:")).count());
    }

    @Test
    void images_haveTagAndDigest() {
        var pinned = Pattern.compile("[a-z0-9./_-]+:v?\\d+(\\.\\d+)+@sha256:[0-9a-f]{64}");
        assertEquals(
                // Its digest is still missing. `gitops/pin` adds it on a machine with internet.
                List.of("martlet", "percona/mongodb_exporter:0.53.0"),
                images(Manifests.written("base", "components/backup", "components/monitoring", "local", "monitoring"))
                        .filter(it -> !pinned.matcher(it).matches())
                        .sorted()
                        .toList());
    }

    /// Dependabot doesn't look below the folders in its list.
    @Test
    void foldersOfImages_areKnownToDependabot() {
        var folders = Manifests.yamlFiles(Manifests.GITOPS)
                .filter(it -> Manifests.read(it).lines().anyMatch(line -> line.matches("\\s+(- )?image: .*:.*")))
                .map(it -> "/gitops/" + Manifests.GITOPS.relativize(it.getParent()))
                .collect(Collectors.toCollection(TreeSet::new));
        folders.add("/");
        var listed = Manifests.read(Path.of(".github/dependabot.yml"))
                .lines()
                .dropWhile(line -> !line.contains("package-ecosystem: docker"))
                .takeWhile(line -> !line.isBlank())
                .filter(line -> line.matches("\\s+- /.*"))
                .map(line -> line.replaceFirst("\\s+- ", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(folders, listed);
    }

    @ParameterizedTest
    @EnumSource
    void claims_areKeptWhenTheirManifestGoes(Manifests.Source source) {
        var manifests = source.manifests();
        manifests
                .all(PersistentVolumeClaim.class)
                .forEach(it -> assertEquals(
                        "Prune=false,Delete=false", Manifests.annotations(it).get("argocd.argoproj.io/sync-options")));
        assertEquals(
                "Retain",
                manifests
                        .one(StatefulSet.class, "mongo")
                        .getSpec()
                        .getPersistentVolumeClaimRetentionPolicy()
                        .getWhenDeleted());
    }

    private static Stream<String> images(Manifests manifests) {
        return manifests.workloads().stream()
                .flatMap(ManifestTest::containers)
                .map(Container::getImage)
                .distinct();
    }

    private static List<String> chosen(Manifests manifests, Map<String, String> selector) {
        return manifests.workloads().stream()
                .filter(it -> it.labels().entrySet().containsAll(selector.entrySet()))
                .map(Manifests.Workload::toString)
                .toList();
    }

    private static Stream<Container> containers(Manifests.Workload workload) {
        var pod = workload.template().getSpec();
        return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream());
    }

    private static Container container(Manifests manifests, String workload) {
        return manifests.workload(workload).template().getSpec().getContainers().getFirst();
    }

    private static Stream<ContainerPort> ports(Manifests.Workload workload) {
        return containers(workload).flatMap(it -> it.getPorts().stream());
    }

    private static Stream<Volume> volumes(Manifests.Workload workload) {
        return workload.template().getSpec().getVolumes().stream();
    }

    private static Map<String, String> environment(Container container) {
        return container.getEnv().stream()
                .filter(it -> it.getValue() != null)
                .collect(Collectors.toMap(it -> it.getName(), it -> it.getValue()));
    }
}
