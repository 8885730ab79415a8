package dev.martlet.gitops;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The custom kinds of Argo CD and Sealed Secrets, as far as this project uses them: a field that stands in no record
/// here is refused.
final class Custom {
    private Custom() {}

    record SealedSecret(String apiVersion, String kind, ObjectMeta metadata, SealedSpec spec) {}

    record SealedSpec(Map<String, String> encryptedData) {}

    record Application(String apiVersion, String kind, ObjectMeta metadata, ApplicationSpec spec) {}

    record ApplicationSpec(String project, Source source, Destination destination, SyncPolicy syncPolicy) {}

    record Source(
            String repoURL,
            String targetRevision,
            @Nullable String path,
            @Nullable String chart,
            @Nullable Helm helm) {}

    record Helm(Map<String, Object> valuesObject) {}

    record Destination(String server, String namespace) {}

    record SyncPolicy(Automated automated, Retry retry, List<String> syncOptions) {}

    record Automated(boolean prune, boolean selfHeal) {}

    record Retry(int limit, boolean refresh, Backoff backoff) {}

    record Backoff(String duration, int factor, String maxDuration) {}

    record AppProject(String apiVersion, String kind, ObjectMeta metadata, ProjectSpec spec) {}

    record ProjectSpec(
            String description,
            List<String> sourceRepos,
            List<Destination> destinations,
            List<GroupKind> clusterResourceWhitelist,
            @Nullable List<GroupKind> namespaceResourceBlacklist) {}

    record GroupKind(String group, String kind) {}
}
