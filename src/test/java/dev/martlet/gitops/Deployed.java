package dev.martlet.gitops;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What `gitops/` expects of the service, for a test that asks the service itself.
public final class Deployed {
    private Deployed() {}

    // A metric's name comes before its labels. In an aggregation without labels, nothing here would find it.
    private static final Pattern METRIC = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\{");

    /// The environment variables of the service's pods.
    public static Map<String, String> environment() {
        return container().getEnv().stream()
                .filter(it -> it.getValue() != null) // a pod's name is known in the cluster only
                .collect(Collectors.toMap(it -> it.getName(), it -> it.getValue()));
    }

    /// The paths that the kubelet asks.
    public static List<String> probePaths() {
        var container = container();
        return Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                .map(Probe::getHttpGet)
                .map(get -> get.getPath())
                .toList();
    }

    /// The metrics that the alerts and the dashboard read, without those of Prometheus itself and of MongoDB's
    /// exporter.
    public static Set<String> metrics() {
        return Stream.of("monitoring/prometheus/alerts.yml", "monitoring/grafana/martlet.json")
                .map(file -> Manifests.read(Manifests.GITOPS.resolve(file)))
                .flatMap(text -> METRIC.matcher(text).results())
                .map(found -> found.group(1))
                .filter(name -> !name.equals("up") && !name.startsWith("mongodb_"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Container container() {
        return Manifests.written()
                .workload("martlet")
                .template()
                .getSpec()
                .getContainers()
                .getFirst();
    }
}
