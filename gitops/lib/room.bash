# shellcheck shell=bash disable=SC2016,SC2154 # templates; gitops/cluster sets the variables
# Whether the cluster has the CPU and the memory that Martlet asks for.

# What all pods of gitops/ ask for, in millicores and MiB: with two pods of the service, and with five and three in surge.
# QuotaTest adds it up again.
start_cpu=1250 start_memory=1730 full_cpu=2450 full_memory=3230

# room: what the nodes have, less the requests of others, in millicores and MiB.
room() {
  {
    k get nodes -o go-template='{{range .items}}{{if not .spec.unschedulable}}+ {{.status.allocatable.cpu}} {{.status.allocatable.memory}}{{"\n"}}{{end}}{{end}}'
    k get pods --all-namespaces --field-selector status.phase!=Succeeded,status.phase!=Failed -o go-template='{{range .items}}{{$in := .metadata.namespace}}{{range .spec.containers}}{{with .resources}}{{with .requests}}{{$in}} {{with .cpu}}{{.}}{{else}}0{{end}} {{with .memory}}{{.}}{{else}}0{{end}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'
  } | awk '
    function millicores(q) { return q ~ /m$/ ? q + 0 : q * 1000 }
    function mebibytes(q) {
      if (q ~ /Ki$/) return q / 1024
      if (q ~ /Mi$/) return q + 0
      if (q ~ /Gi$/) return q * 1024
      if (q ~ /k$/) return q * 1000 / 1048576
      if (q ~ /M$/) return q * 1000000 / 1048576
      if (q ~ /G$/) return q * 1000000000 / 1048576
      return q / 1048576
    }
    $1 == "+" { cpu += millicores($2); memory += mebibytes($3); next }
    $1 !~ /^(martlet|martlet-git|martlet-staging|monitoring|argocd)$/ { cpu -= millicores($2); memory -= mebibytes($3) }
    END { printf "%d %d\n", cpu, memory }'
}

check_room() {
  local cpu memory
  read -r cpu memory < <(room)
  say "room for ${cpu}m CPU and $memory MiB"
  ((cpu >= start_cpu && memory >= start_memory)) ||
    die "the cluster is too small: Martlet asks for ${start_cpu}m CPU and $start_memory MiB at its start." \
      "Give the node 4 CPUs and 6 GiB: minikube delete -p $profile, then up again. Docker Desktop has limits of its own."
  ((cpu >= full_cpu && memory >= full_memory)) ||
    say "that is enough to start, but five pods in a rollout ask for ${full_cpu}m and $full_memory MiB: some would stay Pending"
}
