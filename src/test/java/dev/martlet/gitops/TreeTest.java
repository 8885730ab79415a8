package dev.martlet.gitops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Secret;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every YAML file below `gitops/`, alone.
class TreeTest {

    @TestFactory
    Stream<DynamicTest> documents_areOfTheirKindWithNoUnknownField() {
        return Manifests.yamlFiles(Manifests.GITOPS)
                .map(file -> DynamicTest.dynamicTest(
                        Manifests.GITOPS.relativize(file).toString(),
                        () -> Kinds.documents(Manifests.read(file)).stream()
                                .filter(Kinds::isManifest)
                                .forEach(Kinds::typed)));
    }

    @TestFactory
    Stream<DynamicTest> secrets_areNeverPlain() {
        return Manifests.yamlFiles(Manifests.GITOPS)
                .map(file -> DynamicTest.dynamicTest(
                        Manifests.GITOPS.relativize(file).toString(), () -> Kinds.documents(Manifests.read(file))
                                .forEach(it ->
                                        assertFalse(it.path("kind").asString("").equals("Secret")))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "overlays/minikube",
                "overlays/local",
                "overlays/staging",
                "argocd/root",
                "argocd/apps",
                "monitoring",
                "local/git",
                "../src/test/kustomize/everything"
            })
    void folders_renderToKnownKindsAndNoPlainSecret(String folder) {
        assumeTrue(Tool.KUSTOMIZE.present(), Tool.KUSTOMIZE.absence());
        assertEquals(List.of(), Manifests.rendered(folder).all(Secret.class));
    }

    /// The base names its namespace in full: what staging doesn't change would reach into production.
    @Test
    void staging_namesNothingOfProduction() {
        assumeTrue(Tool.KUSTOMIZE.present(), Tool.KUSTOMIZE.absence());
        assertEquals(
                List.of(),
                Manifests.render("overlays/staging")
                        .lines()
                        .filter(line ->
                                line.matches(".*(\\bmartlet\\.svc\\b|namespace: martlet$|mongo-[12]\\.mongo).*"))
                        .toList());
    }

    /// The checks above are worth something only if this fails.
    @Test
    void unknownField_isRefused() {
        var document = Kinds.documents("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: martlet}
                spec:
                  template:
                    spec:
                      terminationGracePeriodSecond: 40
                """).getFirst();
        var refusal = assertThrows(RuntimeException.class, () -> Kinds.typed(document));
        assertTrue(refusal.toString().contains("terminationGracePeriodSecond"), refusal::toString);
    }

    @Test
    void unknownKindAndDoubledKey_areRefused() {
        assertAll(
                () -> assertThrows(
                        AssertionError.class,
                        () -> Kinds.typed(
                                Kinds.documents("{apiVersion: v1, kind: Pot}").getFirst())),
                () -> assertThrows(RuntimeException.class, () -> Kinds.documents("a: 1\na: 2\n")));
    }
}
