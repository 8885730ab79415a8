package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The order of Argo CD's sync has no deadlock. Argo CD waits until a whole wave is healthy before it starts the
/// next one, and any Degraded resource on the way fails the sync.
class SyncOrderTest {

    @ParameterizedTest
    @EnumSource
    void waves_areFenceThenSecretsThenDatabaseThenService(Manifests.Source source) {
        var manifests = source.manifests();
        assertAll(
                () -> manifests.all(Namespace.class).forEach(it -> assertEquals(-2, Manifests.wave(it))),
                () -> manifests.all(ResourceQuota.class).forEach(it -> assertEquals(-2, Manifests.wave(it))),
                () -> manifests.all(LimitRange.class).forEach(it -> assertEquals(-2, Manifests.wave(it))),
                () -> manifests.all(Custom.SealedSecret.class).forEach(it -> assertEquals(-1, Manifests.wave(it))),
                () -> manifests.all(StatefulSet.class).forEach(it -> assertEquals(0, Manifests.wave(it))),
                () -> manifests.all(Deployment.class).forEach(it -> assertEquals(1, Manifests.wave(it))));
    }

    /// The members are ready only after the Job has made a set of them. The Job can do so only after they answer.
    @ParameterizedTest
    @EnumSource
    void bootstrap_runsAsSyncHookInTheMembersWave(Manifests.Source source) {
        var manifests = source.manifests();
        var job = manifests.one(Job.class, "mongo-bootstrap");
        var annotations = Manifests.annotations(job);
        assertAll(
                () -> assertEquals("Sync", annotations.get("argocd.argoproj.io/hook")),
                () -> assertEquals("BeforeHookCreation", annotations.get("argocd.argoproj.io/hook-delete-policy")),
                () -> assertNull(job.getSpec().getTtlSecondsAfterFinished()),
                () -> assertEquals(Manifests.wave(manifests.one(StatefulSet.class, "mongo")), Manifests.wave(job)),
                () -> assertTrue(Manifests.wave(manifests.one(Service.class, "mongo")) <= Manifests.wave(job)));
    }

    /// A claim that waits for its first consumer stays Pending. The annotation keeps that out of the application's
    /// health, and, by the check in `argocd/install/settings.yaml`, out of the waves.
    @ParameterizedTest
    @EnumSource
    void claimsOutsideTemplates_areInTheLastWaveAndIgnoreHealth(Manifests.Source source) {
        var manifests = source.manifests();
        var last =
                manifests.documents().stream().mapToInt(Manifests::wave).max().orElseThrow();
        manifests
                .all(PersistentVolumeClaim.class)
                .forEach(it -> assertAll(
                        () -> assertEquals(last, Manifests.wave(it)),
                        () -> assertEquals(
                                "true", Manifests.annotations(it).get("argocd.argoproj.io/ignore-healthcheck"))));
    }

    /// With nothing to prune, Argo CD doesn't wait for the health of the last wave: a slow metrics-server or a bad
    /// image can't block the sync that repairs it.
    @ParameterizedTest
    @EnumSource
    void serviceAndAutoscaler_areInTheLastWave(Manifests.Source source) {
        var manifests = source.manifests();
        var last =
                manifests.documents().stream().mapToInt(Manifests::wave).max().orElseThrow();
        assertAll(
                () -> manifests.all(Deployment.class).forEach(it -> assertEquals(last, Manifests.wave(it))),
                () -> manifests
                        .all(HorizontalPodAutoscaler.class)
                        .forEach(it -> assertEquals(last, Manifests.wave(it))),
                () -> assertFalse(manifests.documents().stream()
                        .filter(it -> Manifests.annotations(it).containsKey("argocd.argoproj.io/hook"))
                        .anyMatch(it -> Manifests.wave(it) == last)));
    }

    @ParameterizedTest
    @EnumSource
    void sealedSecrets_waitForTheirKind(Manifests.Source source) {
        source.manifests()
                .all(Custom.SealedSecret.class)
                .forEach(it -> assertEquals(
                        "SkipDryRunOnMissingResource=true",
                        it.metadata().getAnnotations().get("argocd.argoproj.io/sync-options")));
    }

    @ParameterizedTest
    @EnumSource
    void namespace_isNeverPruned(Manifests.Source source) {
        source.manifests()
                .all(Namespace.class)
                .forEach(it -> assertEquals(
                        "Prune=false,Delete=false", Manifests.annotations(it).get("argocd.argoproj.io/sync-options")));
    }

    /// Self-heal would suspend a suspended Job again while it runs. A suspended CronJob is only a template.
    @ParameterizedTest
    @EnumSource
    void restore_isASuspendedCronJob(Manifests.Source source) {
        var manifests = source.manifests();
        assertAll(
                () -> assertTrue(
                        manifests.one(CronJob.class, "mongo-restore").getSpec().getSuspend()),
                () -> assertEquals(
                        "Forbid",
                        manifests.one(CronJob.class, "mongo-backup").getSpec().getConcurrencyPolicy()),
                () -> manifests
                        .all(Job.class)
                        .forEach(it -> assertNull(it.getSpec().getSuspend())));
    }
}
