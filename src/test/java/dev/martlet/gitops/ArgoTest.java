package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Argo CD's own configuration: what it may touch, how it syncs, and that a fork changes one file.
class ArgoTest {

    private static final Manifests WRITTEN = Manifests.written("argocd");

    @Test
    void applications_syncPruneHealAndRetry() {
        var applications = WRITTEN.all(Custom.Application.class);
        assertEquals(
                Set.of("root", "sealed-secrets", "martlet", "martlet-staging", "monitoring"),
                applications.stream().map(it -> it.metadata().getName()).collect(Collectors.toSet()));
        applications.forEach(it -> assertAll(
                it.metadata().getName(),
                () -> assertEquals(
                        new Custom.Automated(true, true), it.spec().syncPolicy().automated()),
                () -> assertEquals(
                        new Custom.Retry(5, true, new Custom.Backoff("5s", 2, "3m")),
                        it.spec().syncPolicy().retry()),
                () -> assertEquals(
                        List.of("PruneLast=true", "FailOnSharedResource=true"),
                        it.spec().syncPolicy().syncOptions()),
                () -> assertEquals(
                        List.of("resources-finalizer.argocd.argoproj.io"),
                        it.metadata().getFinalizers())));
    }

    /// Without it, every push to the service's sources would render the manifests again.
    @Test
    void applicationsOfThisRepository_lookAtGitopsOnly() {
        WRITTEN.all(Custom.Application.class).stream()
                .filter(it -> it.spec().source().chart() == null)
                .forEach(it -> assertEquals(
                        "/gitops",
                        it.metadata().getAnnotations().get("argocd.argoproj.io/manifest-generate-paths"),
                        it.metadata()::getName));
    }

    @Test
    void sealedSecretsController_comesBeforeMartlet() {
        assertTrue(Manifests.wave(application("sealed-secrets")) < Manifests.wave(application("martlet")));
    }

    /// kubeseal and the hand-over of the key look for exactly this.
    @Test
    void sealedSecretsController_hasTheUsualNameAndKeepsOurKey() {
        var application = application("sealed-secrets");
        var values = java.util.Objects.requireNonNull(
                        application.spec().source().helm())
                .valuesObject();
        assertAll(
                () -> assertEquals(
                        "kube-system", application.spec().destination().namespace()),
                () -> assertEquals("sealed-secrets-controller", values.get("fullnameOverride")),
                () -> assertEquals("0", values.get("keyrenewperiod")));
    }

    @Test
    void projects_fenceMartletIn() {
        var project = WRITTEN.all(Custom.AppProject.class).stream()
                .filter(it -> it.metadata().getName().equals("martlet"))
                .findFirst()
                .orElseThrow()
                .spec();
        assertAll(
                () -> assertEquals(1, project.sourceRepos().size()),
                () -> assertEquals(
                        List.of(new Custom.Destination("https://kubernetes.default.svc", "martlet")),
                        project.destinations()),
                () -> assertEquals(List.of(new Custom.GroupKind("", "Namespace")), project.clusterResourceWhitelist()),
                () -> assertEquals(List.of(new Custom.GroupKind("", "Secret")), project.namespaceResourceBlacklist()));
    }

    @Test
    void destinations_areAllowedByTheirProject() {
        var allowed = WRITTEN.all(Custom.AppProject.class).stream()
                .collect(Collectors.toMap(
                        it -> it.metadata().getName(), it -> it.spec().destinations()));
        WRITTEN.all(Custom.Application.class)
                .forEach(it -> assertTrue(
                        allowed.getOrDefault(it.spec().project(), List.of())
                                .contains(it.spec().destination()),
                        it.metadata()::getName));
    }

    @Test
    void fork_setsEveryRepositoryRevisionAndPath() {
        assumeTrue(Tool.KUSTOMIZE.present(), Tool.KUSTOMIZE.absence());
        var repository = WRITTEN.one(ConfigMap.class, "repository").getData();
        var rendered = Stream.of("argocd/root", "argocd/apps")
                .flatMap(it -> Manifests.rendered(it).documents().stream())
                .toList();
        var sources = rendered.stream()
                .filter(Custom.Application.class::isInstance)
                .map(Custom.Application.class::cast)
                .collect(Collectors.toMap(
                        it -> it.metadata().getName(), it -> where(it.spec().source())));
        var here = repository.get("url") + " " + repository.get("revision") + " ";
        assertAll(
                () -> assertFalse(rendered.toString().contains("set-by-fork"), rendered::toString),
                () -> assertEquals(
                        Map.of(
                                "root", here + "gitops/argocd/apps",
                                "martlet", here + repository.get("overlay"),
                                "monitoring", here + "gitops/monitoring",
                                "sealed-secrets",
                                        where(application("sealed-secrets")
                                                .spec()
                                                .source())),
                        sources),
                () -> assertFalse(
                        rendered.stream().anyMatch(ConfigMap.class::isInstance),
                        "repository.yaml is no object of the cluster"));
    }

    @Test
    void versions_arePinnedAndTheSameEverywhere() {
        var install = Manifests.read(Manifests.GITOPS.resolve("argocd/install/kustomization.yaml"));
        var pinned = Pattern.compile("/argo-cd/(v\\d+\\.\\d+\\.\\d+)/manifests/install.yaml")
                .matcher(install);
        assertTrue(pinned.find(), install);
        var git = Manifests.written("local")
                .workload("git")
                .template()
                .getSpec()
                .getContainers()
                .getFirst();
        assertAll(
                () -> assertEquals(
                        "quay.io/argoproj/argocd:" + pinned.group(1),
                        git.getImage().replaceFirst("@.*", "")),
                () -> assertTrue(application("sealed-secrets")
                        .spec()
                        .source()
                        .targetRevision()
                        .matches("\\d+\\.\\d+\\.\\d+")));
    }

    @Test
    void polling_isFastAndWithoutJitter() {
        var settings = settings();
        assertEquals(
                "10s 0s", settings.get("timeout.reconciliation") + " " + settings.get("timeout.reconciliation.jitter"));
    }

    /// Self-heal would wait up to five minutes after a few drifts, and counts them until the next commit.
    @Test
    void selfHeal_neverWaitsLong() {
        assertEquals(
                Map.of("controller.self.heal.backoff.cap.seconds", "5"),
                WRITTEN.one(ConfigMap.class, "argocd-cmd-params-cm").getData());
    }

    /// Both maps are read once. If one of them changes, Argo CD has to start again.
    @Test
    void changedSettings_restartArgo() {
        var script = Manifests.read(Manifests.GITOPS.resolve("lib/argocd.bash"));
        WRITTEN.all(ConfigMap.class).stream()
                .map(it -> it.getMetadata().getName())
                .filter(it -> it.startsWith("argocd-"))
                .forEach(it -> assertTrue(script.matches("(?s).*get configmap [^\n]*\\b" + it + "\\b.*"), it));
    }

    /// Argo CD runs these without Lua's libraries: a call into one is an error, and the health Unknown.
    @Test
    void healthChecks_useNoLuaLibrary() {
        var library = Pattern.compile("\\b(string|table|math|os|io)\\.|:(find|match|sub|gsub|lower|upper)\\(");
        var checks = settings().entrySet().stream()
                .filter(it -> it.getKey().startsWith("resource.customizations.health."))
                .toList();
        assertEquals(4, checks.size());
        checks.forEach(it -> assertFalse(library.matcher(it.getValue()).find(), it::getKey));
    }

    private static String where(Custom.Source source) {
        return source.repoURL() + " " + source.targetRevision() + " " + source.path();
    }

    private static Map<String, String> settings() {
        return WRITTEN.one(ConfigMap.class, "argocd-cm").getData();
    }

    private static Custom.Application application(String name) {
        return WRITTEN.all(Custom.Application.class).stream()
                .filter(it -> it.metadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
