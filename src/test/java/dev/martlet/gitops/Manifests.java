package dev.martlet.gitops;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The typed documents of one source: the files as they are written, or an overlay as kustomize renders it.
record Manifests(String source, List<Object> documents) {

    static final Path GITOPS = Path.of("gitops").toAbsolutePath();

    /// A pod template of any kind of workload.
    record Workload(HasMetadata owner, PodTemplateSpec template) {
        String name() {
            return owner.getMetadata().getName();
        }

        Map<String, String> labels() {
            return template.getMetadata().getLabels();
        }

        @Override
        public String toString() {
            return owner.getKind() + " " + name();
        }
    }

    /// What base, components and secrets say, without the patches: all that can be known without kustomize.
    static Manifests written() {
        return written("base", "components/backup", "components/monitoring", "secrets");
    }

    static Manifests written(String... folders) {
        var documents = Stream.of(folders)
                .flatMap(folder -> yamlFiles(GITOPS.resolve(folder)))
                .filter(file -> !file.getFileName().toString().startsWith("stamp-"))
                .filter(file -> !file.toString().contains("/secrets/staging/"))
                .flatMap(file -> Kinds.documents(read(file)).stream())
                .filter(Kinds::isManifest)
                .map(Kinds::typed)
                .toList();
        return new Manifests("the files", documents);
    }

    static Manifests rendered(String folder) {
        var documents =
                Kinds.documents(render(folder)).stream().map(Kinds::typed).toList();
        return new Manifests(folder, documents);
    }

    static String render(String folder) {
        return Tool.KUSTOMIZE.run(GITOPS.resolve(folder)).ok();
    }

    static Stream<Path> yamlFiles(Path folder) {
        try (var files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    <T> List<T> all(Class<T> type) {
        return documents.stream().filter(type::isInstance).map(type::cast).toList();
    }

    <T extends HasMetadata> T one(Class<T> type, String name) {
        return all(type).stream()
                .filter(document -> document.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(source + " has no " + type.getSimpleName() + " " + name));
    }

    List<Workload> workloads() {
        return documents.stream().flatMap(Manifests::workload).toList();
    }

    Workload workload(String name) {
        return workloads().stream()
                .filter(workload -> workload.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /// The metadata of every document, custom kinds included.
    static ObjectMeta metadata(Object document) {
        return switch (document) {
            case HasMetadata known -> known.getMetadata();
            case Custom.SealedSecret sealed -> sealed.metadata();
            case Custom.Application application -> application.metadata();
            case Custom.AppProject project -> project.metadata();
            case Custom.Gateway it -> it.metadata();
            case Custom.HttpRoute it -> it.metadata();
            case Custom.Certificate it -> it.metadata();
            case Custom.ServiceMonitor it -> it.metadata();
            case Custom.AlertmanagerConfig it -> it.metadata();
            case Custom.ClusterImagePolicy it -> it.metadata();
            default -> throw new AssertionError("no metadata: " + document);
        };
    }

    static Map<String, String> annotations(Object document) {
        var annotations = metadata(document).getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }

    static int wave(Object document) {
        return Integer.parseInt(annotations(document).getOrDefault("argocd.argoproj.io/sync-wave", "0"));
    }

    private static Stream<Workload> workload(Object document) {
        return switch (document) {
            case Deployment it -> Stream.of(new Workload(it, it.getSpec().getTemplate()));
            case StatefulSet it -> Stream.of(new Workload(it, it.getSpec().getTemplate()));
            case Job it -> Stream.of(new Workload(it, it.getSpec().getTemplate()));
            case CronJob it ->
                Stream.of(
                        new Workload(it, it.getSpec().getJobTemplate().getSpec().getTemplate()));
            default -> Stream.empty();
        };
    }

    @Override
    public String toString() {
        return source;
    }

    /// The sources that most checks run on; a rendered one is skipped where kustomize is absent.
    enum Source {
        FILES,
        MINIKUBE,
        LOCAL,
        /// With every component that no overlay takes by itself.
        EVERYTHING;

        private static final Map<Source, Manifests> READ = new ConcurrentHashMap<>();

        Manifests manifests() {
            assumeTrue(this == FILES || Tool.KUSTOMIZE.present(), Tool.KUSTOMIZE.absence());
            return READ.computeIfAbsent(this, source -> switch (source) {
                case FILES -> written();
                case EVERYTHING -> rendered("../src/test/kustomize/everything");
                default -> rendered("overlays/" + name().toLowerCase(Locale.ROOT));
            });
        }
    }
}
