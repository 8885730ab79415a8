package dev.martlet.gitops;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The custom kinds of Argo CD and Sealed Secrets, as far as this project uses them. A field without a record here
/// is refused.
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

    record Gateway(String apiVersion, String kind, ObjectMeta metadata, GatewaySpec spec) {}

    record GatewaySpec(String gatewayClassName, List<GatewayListener> listeners) {}

    record GatewayListener(
            String name,
            String hostname,
            int port,
            String protocol,
            @Nullable GatewayTls tls,
            Map<String, Map<String, String>> allowedRoutes) {}

    record GatewayTls(String mode, List<Map<String, String>> certificateRefs) {}

    record HttpRoute(String apiVersion, String kind, ObjectMeta metadata, HttpRouteSpec spec) {}

    record HttpRouteSpec(List<Map<String, String>> parentRefs, List<String> hostnames, List<HttpRule> rules) {}

    record HttpRule(
            @Nullable List<Backend> backendRefs,
            @Nullable Map<String, String> timeouts,
            @Nullable List<HttpFilter> filters) {}

    record Backend(String name, int port) {}

    record HttpFilter(String type, Redirect requestRedirect) {}

    record Redirect(String scheme, int statusCode) {}

    record Certificate(String apiVersion, String kind, ObjectMeta metadata, CertificateSpec spec) {}

    record CertificateSpec(
            String secretName, List<String> dnsNames, Map<String, String> issuerRef, Map<String, String> privateKey) {}

    record ServiceMonitor(String apiVersion, String kind, ObjectMeta metadata, ServiceMonitorSpec spec) {}

    record ServiceMonitorSpec(Map<String, Map<String, String>> selector, List<MonitorEndpoint> endpoints) {}

    record MonitorEndpoint(
            String port,
            String path,
            String interval,
            @Nullable Map<String, List<String>> params,
            List<Map<String, String>> relabelings) {}

    record AlertmanagerConfig(String apiVersion, String kind, ObjectMeta metadata, AlertSpec spec) {}

    record AlertSpec(AlertRoute route, List<AlertReceiver> receivers) {}

    record AlertRoute(
            String receiver,
            @Nullable List<String> groupBy,
            @Nullable String groupWait,
            @Nullable String groupInterval,
            @Nullable String repeatInterval,
            @Nullable List<Map<String, String>> matchers,
            @Nullable List<AlertRoute> routes) {}

    record AlertReceiver(String name, List<Webhook> webhookConfigs) {}

    record Webhook(boolean sendResolved, Map<String, String> urlSecret) {}

    record ClusterImagePolicy(String apiVersion, String kind, ObjectMeta metadata, ImagePolicySpec spec) {}

    record ImagePolicySpec(List<Map<String, String>> images, List<Authority> authorities) {}

    record Authority(
            @Nullable String name,
            @Nullable Keyless keyless,
            @Nullable Map<String, String> ctlog,
            @Nullable @JsonProperty("static") Map<String, String> fixed) {}

    record Keyless(String url, List<Map<String, String>> identities) {}

    record AppProject(String apiVersion, String kind, ObjectMeta metadata, ProjectSpec spec) {}

    record ProjectSpec(
            String description,
            List<String> sourceRepos,
            List<Destination> destinations,
            List<GroupKind> clusterResourceWhitelist,
            @Nullable List<GroupKind> namespaceResourceBlacklist) {}

    record GroupKind(String group, String kind) {}
}
