package dev.martlet.gitops;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.List;
import java.util.Map;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Reads YAML as the Kubernetes type that it claims to be; an unknown kind or an unknown field is an error.
final class Kinds {
    private Kinds() {}

    private static final Map<String, Class<?>> TYPES = Map.ofEntries(
            Map.entry("v1/ConfigMap", ConfigMap.class),
            Map.entry("v1/LimitRange", LimitRange.class),
            Map.entry("v1/Namespace", Namespace.class),
            Map.entry("v1/PersistentVolumeClaim", PersistentVolumeClaim.class),
            Map.entry("v1/Pod", Pod.class),
            Map.entry("v1/ResourceQuota", ResourceQuota.class),
            Map.entry("v1/Secret", Secret.class),
            Map.entry("v1/Service", Service.class),
            Map.entry("v1/ServiceAccount", ServiceAccount.class),
            Map.entry("apps/v1/Deployment", Deployment.class),
            Map.entry("apps/v1/StatefulSet", StatefulSet.class),
            Map.entry("autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
            Map.entry("batch/v1/CronJob", CronJob.class),
            Map.entry("batch/v1/Job", Job.class),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
            Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
            Map.entry("bitnami.com/v1alpha1/SealedSecret", Custom.SealedSecret.class),
            Map.entry("networking.k8s.io/v1/Ingress", Ingress.class),
            Map.entry("gateway.networking.k8s.io/v1/Gateway", Custom.Gateway.class),
            Map.entry("gateway.networking.k8s.io/v1/HTTPRoute", Custom.HttpRoute.class),
            Map.entry("cert-manager.io/v1/Certificate", Custom.Certificate.class),
            Map.entry("monitoring.coreos.com/v1/ServiceMonitor", Custom.ServiceMonitor.class),
            Map.entry("monitoring.coreos.com/v1alpha1/AlertmanagerConfig", Custom.AlertmanagerConfig.class),
            Map.entry("policy.sigstore.dev/v1beta1/ClusterImagePolicy", Custom.ClusterImagePolicy.class),
            Map.entry("argoproj.io/v1alpha1/Application", Custom.Application.class),
            Map.entry("argoproj.io/v1alpha1/AppProject", Custom.AppProject.class));

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .annotationIntrospector(new NoExtraFields())
            .build();

    /// The models take any field into a map of the rest: without that map, an unknown field is an error.
    private static final class NoExtraFields extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(MapperConfig<?> config, Annotated annotated) {
            return annotated.hasAnnotation(JsonAnySetter.class) ? Boolean.FALSE : super.hasAnySetter(config, annotated);
        }
    }

    static List<JsonNode> documents(String yaml) {
        return YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll().stream()
                .filter(document -> !document.isNull() && !document.isMissingNode())
                .toList();
    }

    /// The document as its type. Fails with the field's path where the type doesn't know it.
    static Object typed(JsonNode document) {
        var kind = document.path("apiVersion").asString() + "/"
                + document.path("kind").asString();
        var type = TYPES.get(kind);
        if (type == null) {
            throw new AssertionError("a kind that nothing here knows: " + kind);
        }
        return STRICT.treeToValue(document, type);
    }

    /// kustomize itself checks Kustomizations strictly. Replacements and values are not documents.
    static boolean isManifest(JsonNode document) {
        var kind = document.path("kind").asString("");
        return !kind.isEmpty() && !kind.equals("Kustomization") && !kind.equals("Component");
    }
}
