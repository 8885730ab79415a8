# shellcheck shell=bash disable=SC2016,SC2154,SC2164 # templates; gitops/cluster sets the variables and `set -e`
# Argo CD: install it, give the cluster the sealing key, create the root Application, wait for a revision.

# The key has to be there before the controller starts for the first time. A running controller is restarted.
hand_over_key() {
  local before after
  before=$(k -n kube-system get secret martlet-sealing-key -o 'jsonpath={.metadata.resourceVersion}' --ignore-not-found)
  kubectl create secret tls martlet-sealing-key --namespace kube-system --dry-run=client -o yaml \
    --cert "$keys/tls.crt" --key "$keys/tls.key" |
    kubectl label --local --dry-run=client -o yaml -f - sealedsecrets.bitnami.com/sealed-secrets-key=active |
    k apply --server-side --force-conflicts -f - | sed 's/^/  /' # client-side apply would copy the key into an annotation
  after=$(k -n kube-system get secret martlet-sealing-key -o 'jsonpath={.metadata.resourceVersion}')
  if [[ $before != "$after" ]] && k -n kube-system get deployment sealed-secrets-controller >/dev/null 2>&1; then
    k -n kube-system rollout restart deployment sealed-secrets-controller | sed 's/^/  /'
  fi
}

settings_version() {
  k -n argocd get configmap argocd-cm argocd-cmd-params-cm -o 'jsonpath={.items[*].metadata.resourceVersion}' --ignore-not-found
}

install_argocd() {
  local before
  k apply --server-side --force-conflicts -f "$gitops/argocd/install/namespace.yaml" | sed 's/^/  /'
  before=$(settings_version)
  k apply --server-side --force-conflicts -k "${ARGOCD_INSTALL:-$gitops/argocd/install}" >"$scratch/argocd.log" 2>&1 ||
    { cat "$scratch/argocd.log" >&2; die 'Argo CD could not be applied.' 'It comes from raw.githubusercontent.com: is that reachable?'; }
  say "$(wc -l <"$scratch/argocd.log") objects applied"
  # They read both maps once, at their start.
  if [[ -n $before && $before != "$(settings_version)" ]]; then
    k -n argocd rollout restart statefulset/argocd-application-controller deployment/argocd-repo-server | sed 's/^/  /'
  fi
  local workload
  for workload in deployment/argocd-redis deployment/argocd-repo-server deployment/argocd-server statefulset/argocd-application-controller; do
    k -n argocd rollout status "$workload" --timeout="${timeout}s" | tail -1 | sed 's/^/  /'
  done
}

# create_root FOLDER: from then on Argo CD reads the repository itself.
create_root() {
  k wait --for=condition=Established --timeout=60s crd/applications.argoproj.io crd/appprojects.argoproj.io >/dev/null
  k apply -k "$1/argocd/root" 2> >(grep -v 'prefer a domain-qualified' >&2 || true) | sed 's/^/  /'
}

refresh() {
  k -n argocd annotate applications --all --overwrite argocd.argoproj.io/refresh=normal >/dev/null
}

# A line for each Application: name, sync, health, revision, phase and message of the last operation, what is wrong.
applications() {
  k -n argocd get applications -o go-template='{{range .items}}{{.metadata.name}}|{{.status.sync.status}}|{{.status.health.status}}|{{.status.sync.revision}}|{{with .status.operationState}}{{.phase}}|{{.message}}{{else}}|{{end}}{{range .status.conditions}} {{.message}}{{end}}{{"\n"}}{{end}}' 2>/dev/null |
    sed 's/<no value>//g'
}

# What the last syncs are stuck at: Application, kind, name, why.
stuck() {
  k -n argocd get applications -o go-template='{{range .items}}{{$app := .metadata.name}}{{with .status.operationState}}{{with .syncResult}}{{range .resources}}{{$it := .}}{{with .hookPhase}}{{if ne . "Succeeded"}}{{$app}}: {{$it.kind}} {{$it.name}}: {{$it.message}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}' 2>/dev/null
}

# What is wrong now. It omits refused probes of pods that are Ready by now, or gone: every start and end has some.
warnings() {
  local unready
  unready=$(k -n martlet get pods -o go-template='{{range .items}}{{$name := .metadata.name}}{{if not .metadata.deletionTimestamp}}{{range .status.conditions}}{{if eq .type "Ready"}}{{if ne .status "True"}} {{$name}}{{end}}{{end}}{{end}}{{end}}{{end}}')
  k -n martlet get events --field-selector type=Warning --sort-by .lastTimestamp -o go-template='{{range .items}}{{.lastTimestamp}}|{{.reason}}|{{.involvedObject.kind}}|{{.involvedObject.name}}|{{.message}}{{"\n"}}{{end}}' |
    awk -F'|' -v unready=" $unready " 'NF > 4 && ($2 != "Unhealthy" || index(unready, " " $4 " ")) { print "  " $1, $2, $3 "/" $4 ":", $5 }' | tail -8
}

# settled REVISION: are all Applications there, Synced and Healthy, and those of this repository at REVISION?
# Prints what it waits for. Healthy alone can be the health of the previous revision.
settled() {
  local name sync health revision phase _message waiting='' seen=' '
  while IFS='|' read -r name sync health revision phase _message; do
    seen+="$name "
    if [[ $sync != Synced || $health != Healthy || $phase == Running ]]; then
      waiting+=" $name:${sync:-Unknown}/${health:-Unknown}${phase:+/$phase}"
    elif [[ $name != sealed-secrets && $revision != "$1" ]]; then
      waiting+=" $name:at-${revision:0:8}"
    fi
  done < <(applications)
  for name in root sealed-secrets martlet; do
    [[ $seen == *" $name "* ]] || waiting+=" $name:not-yet"
  done
  printf '%s' "${waiting# }"
}

# wait_for: waits until `revision` runs. In GitHub mode the pipeline may move the remote's head meanwhile.
wait_for() {
  local deadline=$((SECONDS + timeout)) began=$SECONDS now last=
  while :; do
    [[ $mode != github ]] || follow_remote
    now=$(settled "$revision")
    [[ -n $now ]] || return 0
    if [[ $now != "$last" ]]; then say "$((SECONDS - began)) s: $now"; last=$now; fi
    ((SECONDS < deadline)) || break
    # Refresh every time: waiting for Argo CD's own poll and its cache would cost a developer half a minute.
    refresh
    sleep 3
  done
  applications | awk -F'|' '{ printf "  %-15s %-10s %-12s %-9s %s %s\n", $1, $2, $3, substr($4, 1, 8), $5, $6 }' >&2
  stuck | sed 's/^/  /' >&2
  k -n martlet get pods >&2 || true
  die "not Synced and Healthy at ${revision:0:12} after $timeout s." \
    "What is wrong is above; gitops/README.md \"Troubleshooting\" lists the symptoms." "Slow network? --timeout 1800"
}
