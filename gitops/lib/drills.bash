# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # templates; gitops/drill sets the variables and `set -e`
# What gitops/drill does to the cluster, one function for each drill. `note` adds what happened to the table.

# within SECONDS WHAT WANTED COMMAND...: waits until the command prints WANTED, and notes how long that took.
within() {
  local limit=$1 what=$2 wanted=$3 began=${EPOCHREALTIME/./} now
  shift 3
  until [[ $("$@" 2>/dev/null) == "$wanted" ]]; do
    now=$(((${EPOCHREALTIME/./} - began) / 1000000))
    ((now < limit)) || die "$what: not after $limit s." "$*"
    sleep 0.2
  done
  now=$(((${EPOCHREALTIME/./} - began) / 100000))
  note "$what after $((now / 10)).$((now % 10)) s"
}

drill_rollout() {
  k rollout restart deployment/martlet
  k rollout status deployment/martlet --timeout=300s
  note 'every pod replaced'
}

primary() { k exec mongo-0 -- bash /scripts/ready primary | cut -d. -f1; }

# SIGTERM: the primary steps down before it goes.
drill_step-down() {
  local member
  member=$(primary)
  k delete pod "$member" --wait=false
  note "$member deleted"
}

# The others have to notice. `kubectl delete --force` would not do: the kubelet still sends SIGTERM and waits.
drill_kill() {
  local member
  member=$(primary)
  kill_on_node "$member"
  note "$member killed with SIGKILL on its node"
}

# kill_on_node POD: kills the processes of its first container. A privileged pod on the same node does it, and goes again.
kill_on_node() {
  local container node killer
  container=$(k get pod "$1" -o 'jsonpath={.status.containerStatuses[0].containerID}')
  container=${container##*/}
  node=$(k get pod "$1" -o 'jsonpath={.spec.nodeName}')
  killer=martlet-drill-kill-$RANDOM
  [[ ${#container} -ge 32 && -n $node ]] || die "pod $1 runs no container." 'See what this says: kubectl -n martlet get pods'
  sed -e "s|@NAME@|$killer|" -e "s|@NODE@|$node|" -e "s|@CONTAINER@|$container|" \
    -e "s|@IMAGE@|$(sed -n 's/^ *image: *//p' "$gitops/local/git/deployment.yaml")|" "$gitops/lib/killer.yaml" |
    kubectl --context "$context" -n kube-system create -f - >/dev/null
  kubectl --context "$context" -n kube-system wait --for=jsonpath='{.status.phase}'=Succeeded "pod/$killer" --timeout=120s >/dev/null ||
    { kubectl --context "$context" -n kube-system logs "$killer" >&2 || true; kubectl --context "$context" -n kube-system delete pod "$killer" --wait=false >/dev/null; die "$1 could not be killed." 'The log of the pod that tried is above.'; }
  kubectl --context "$context" -n kube-system delete pod "$killer" --wait=false >/dev/null
}

two_pods_wanted() { (($(k get deployment martlet -o 'jsonpath={.spec.replicas}') >= 2)) && echo true; }

# Somebody meddles. The drill deletes nothing that carries requests: healing cannot hide the outage of a deleted Service.
drill_drift() {
  local grace
  grace=$(k get deployment martlet -o 'jsonpath={.spec.template.spec.terminationGracePeriodSeconds}')
  k patch deployment martlet --type json -p '[{"op":"replace","path":"/spec/template/spec/terminationGracePeriodSeconds","value":39}]'
  within 10 'edited Deployment put right' "$grace" k get deployment martlet -o 'jsonpath={.spec.template.spec.terminationGracePeriodSeconds}'
  k delete poddisruptionbudget martlet
  within 10 'deleted budget there again' martlet k get poddisruptionbudget martlet -o 'jsonpath={.metadata.name}'
  if [[ -n $(k get statefulset mongo -o name --ignore-not-found) ]]; then
    k scale statefulset mongo --replicas=4
    within 10 'database scaled back' 3 k get statefulset mongo -o 'jsonpath={.spec.replicas}'
  else
    k scale deployment mongo-exporter --replicas=2
    within 10 'exporter scaled back' "$(k get deployment mongo-exporter -o go-template='{{index .metadata.annotations "kubectl.kubernetes.io/last-applied-configuration"}}' | sed -n 's/.*"replicas":\([0-9]*\).*/\1/p')" \
      k get deployment mongo-exporter -o 'jsonpath={.spec.replicas}'
  fi
  # Only the autoscaler sets the number of pods, and it looks every 15 s.
  k scale deployment martlet --replicas=1
  within 30 'service scaled back by the autoscaler' true two_pods_wanted
  k rollout status deployment/martlet --timeout=300s
}

# A bump to an image that does not exist: the old pods go on, and a revert repairs everything.
drill_bad-image() {
  local good bad tag
  [[ $(kubectl --context "$context" -n argocd get application root -o 'jsonpath={.spec.source.repoURL}') == git://git.martlet-git.* ]] ||
    { note 'skipped: it needs local mode, where nobody else sees the pushed commit'; return 0; }
  good=$(kubectl --context "$context" -n argocd get application martlet -o 'jsonpath={.status.sync.revision}')
  git -C "$gitops" cat-file -e "$good^{commit}" 2>/dev/null ||
    git -C "$gitops" -c protocol.ext.allow=always fetch --quiet "$(git_server)" "$good"
  tag=nowhere-$(date -u +%Y%m%dT%H%M%SZ)
  bad=$(commit_image "$good" "$tag")
  push_to_cluster "$bad"
  within 120 'new image refused' true has_pod_that_cannot_start
  k get pods -l app.kubernetes.io/name=martlet
  sleep 10
  push_to_cluster "$(git -C "$gitops" "${plain[@]}" commit-tree -p "$bad" -m "Revert $tag" "$good^{tree}")"
  within 120 'reverted' false has_pod_that_cannot_start
  k rollout status deployment/martlet --timeout=300s
}

git_server() { printf 'ext::kubectl --context %s -n martlet-git exec -i deploy/git -- %%S /srv/git/martlet.git' "$context"; }

push_to_cluster() {
  git -C "$gitops" "${plain[@]}" -c protocol.ext.allow=always push --quiet "$(git_server)" "$1:refs/heads/main"
  kubectl --context "$context" -n argocd annotate applications --all --overwrite argocd.argoproj.io/refresh=normal >/dev/null
}

# commit_image COMMIT TAG: commits another image on top of that commit, without a work tree. Prints the new commit.
commit_image() {
  local file=gitops/overlays/local/kustomization.yaml blob tree
  blob=$(git -C "$gitops" show "$1:$file" | sed "s|^\( *newTag:\).*|\1 $2|" | git -C "$gitops" hash-object -w --stdin)
  export GIT_INDEX_FILE=$scratch/index
  git -C "$gitops" read-tree "$1"
  git -C "$gitops" update-index --cacheinfo "100644,$blob,$file"
  tree=$(git -C "$gitops" write-tree)
  unset GIT_INDEX_FILE
  git -C "$gitops" "${plain[@]}" commit-tree -p "$1" -m "Run $2" "$tree"
}

has_pod_that_cannot_start() {
  k get pods -l app.kubernetes.io/name=martlet -o 'jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}' |
    grep -qE 'ErrImage|ImagePullBackOff' && echo true || echo false
}

# Drains one node of the service and the database. With one node only, the budgets stop that after a pod of each, and the
# replacements wait until the node may be used again.
drill_node() {
  local node
  node=$(k get pods -l app.kubernetes.io/name=martlet -o 'jsonpath={.items[0].spec.nodeName}')
  cordoned=$node # gitops/drill uncordons it at its end, whatever happens
  if kubectl --context "$context" drain "$node" --ignore-daemonsets --delete-emptydir-data --timeout=40s \
    --pod-selector='app.kubernetes.io/name in (martlet,mongo)' 2>&1; then
    note "$node drained"
  else
    note "$node drained as far as the budgets allow"
  fi
  kubectl --context "$context" uncordon "$node"
  cordoned=
  k rollout status deployment/martlet --timeout=300s
}

ready() { k get deployment martlet -o 'jsonpath={.status.readyReplicas}'; }

# Makes load until five pods serve, each its share. Then waits for two again. The autoscaler takes a quarter of an hour.
drill_scale() {
  local began=$SECONDS most
  for _ in {1..1000}; do printf '{"drill":"%s","client":0}\n' "$run"; done |
    request -H 'Content-Type: application/x-ndjson' --data-binary @- -o /dev/null "$url/data"
  load &
  loader=$!
  most=$(k get hpa martlet -o 'jsonpath={.spec.maxReplicas}')
  within 480 "$most pods ready" "$most" ready
  sleep 20 # old connections end, and new ones go to all pods
  : >"$scratch/served"
  counters >"$scratch/before"
  sleep 60
  shares
  touch "$scratch/load-ends"
  wait "$loader" || true
  within 900 'two pods again' 2 ready
  say "$((SECONDS - began)) s"
}

# load: four processes ask for a page again and again, over new connections, and note which pod served. The pages are
# gzipped: this costs the service more than the client, which throws them away. Both may be on one machine.
# curl writes its lines in blocks of 4 KiB. The four share a file, so they write through awk, a whole line at a time.
load() {
  local i
  for i in 1 2 3 4; do
    while [[ ! -e $scratch/load-ends && ! -e $scratch/stop ]]; do
      request --no-progress-meter --parallel --parallel-max 8 -H 'Accept-Encoding: gzip' -o /dev/null -w '%{http_code} %header{x-served-by}\n' \
        "$url/data?limit=1000#[1-400]" 2>>"$scratch/errors-load" | awk '{ print; fflush() }' >>"$scratch/served" || true
    done &
  done
  wait
}

# counters: what each pod has answered so far, a line each.
counters() {
  local pod
  for pod in $(k get pods -l app.kubernetes.io/name=martlet -o 'jsonpath={.items[*].metadata.name}'); do
    printf '%s %s\n' "$pod" "$(k get --raw "/api/v1/namespaces/martlet/pods/$pod:9090/proxy/metrics" |
      awk '/^http_server_requests_seconds_count/ { n += $NF } END { print n + 0 }')"
  done
}

# shares: demands that every request was answered, and that each pod served at least a tenth of them.
shares() {
  local line failed
  failed=$(awk '$1 != 200' "$scratch/served" | wc -l)
  # The answers name their pod. If they do not, ask the pods for their counters.
  if awk 'NF < 2 { unnamed = 1 } END { exit unnamed }' "$scratch/served"; then
    awk '{ count[$2]++ } END { for (pod in count) print pod, count[pod] }' "$scratch/served"
  else
    counters | sort | join - <(sort "$scratch/before") | awk '{ print $1, $2 - $3 }'
  fi >"$scratch/counts"
  awk '{ pod[NR] = $1; count[NR] = $2; all += $2 } END { for (i in pod) printf "%d%% %s\n", 100 * count[i] / all, pod[i] }' "$scratch/counts" | sort -rn >"$scratch/shares"
  sed 's/^/  /' "$scratch/shares"
  note "$(wc -l <"$scratch/served") requests in a minute, $failed failed, shares $(cut -d' ' -f1 "$scratch/shares" | paste -sd/ -)"
  ((failed == 0)) || die "$failed requests of the load failed." "$(awk '$1 != 200' "$scratch/served" | sort | uniq -c | head -3)"
  (($(wc -l <"$scratch/shares") >= most)) || die "some of the $most pods serve nothing." 'The shares are above.'
  while read -r line; do
    ((${line%%%*} >= 10)) || die 'a pod has less than a tenth of the requests.' 'The shares are above.'
  done <"$scratch/shares"
}

# A dump that was never restored is no backup. Nobody writes meanwhile, because a restore undoes what came after the dump.
drill_backup() {
  local before after i
  [[ -n $(k get cronjob mongo-backup -o name --ignore-not-found) && -n $(k get statefulset mongo -o name --ignore-not-found) ]] ||
    { note 'skipped: there is no backup here'; return 0; }
  for i in {1..200}; do printf '{"_id":"%s-%s","drill":"%s","n":%s}\n' "$run" "$i" "$run" "$i"; done |
    request -H 'Content-Type: application/x-ndjson' --data-binary @- -o /dev/null "$url/data"
  before=$(request -H 'Accept: application/x-ndjson' "$url/data" | sha256sum)
  k create job --from=cronjob/mongo-backup "drill-backup-$stamp"
  k wait --for=condition=Complete "job/drill-backup-$stamp" --timeout=600s
  mongosh 'db.getSiblingDB("martlet").dropDatabase()'
  [[ -z $(request -H 'Accept: application/x-ndjson' "$url/data") ]] || die 'the database is not empty after it was dropped.' 'Does anybody else write to it? Stop them and run the drill again.'
  k create job --from=cronjob/mongo-restore "drill-restore-$stamp"
  k wait --for=condition=Complete "job/drill-restore-$stamp" --timeout=600s
  after=$(request -H 'Accept: application/x-ndjson' "$url/data" | sha256sum)
  [[ $before == "$after" ]] || die 'what was restored is not what was dumped.' "See what this says: kubectl -n martlet logs job/drill-restore-$stamp"
  k delete job "drill-backup-$stamp" "drill-restore-$stamp"
  note 'dumped, dropped, restored: the same to the byte'
}
