# shellcheck shell=bash disable=SC2154 # the caller sets `gitops` and k()
# mongosh in a pod of its own. Inside a member it would take 131 MB of the 500 that mongod has.

# mongosh JAVASCRIPT: runs it as root at the replica set and prints its output. It is a subshell, so that its trap takes the
# pod away on every way out, Ctrl-C included.
mongosh() (
  image=$(sed -n 's/^ *image: *\(mongo:.*\)/\1/p' "$gitops/base/mongo/statefulset.yaml")
  name=mongosh-$RANDOM$RANDOM
  sed -e "s|@NAME@|$name|" -e "s|@IMAGE@|$image|" "$gitops/lib/mongosh.yaml" | k create -f - >/dev/null || exit
  trap 'k delete pod "$name" --wait=false >/dev/null' EXIT
  k wait --for=condition=Ready "pod/$name" --timeout=120s >/dev/null ||
    die "the pod of mongosh did not start." "$(k get pod "$name" -o 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].message}{.status.containerStatuses[0].state.waiting.message}')"
  # shellcheck disable=SC2016 # the pod's shell expands it
  k exec "$name" -- bash -c 'mongosh --quiet --norc "mongodb://$MEMBERS/martlet?replicaSet=rs0&authSource=admin" \
    --username root --password "$(</run/secrets/root/password)" --eval "$1"' _ "$1"
)
