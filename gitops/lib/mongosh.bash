# shellcheck shell=bash disable=SC2154 # the caller sets `gitops` and k()
# mongosh in a pod of its own. Inside a member it would take 131 MB of the 500 that mongod has.

# mongosh JAVASCRIPT: runs it as root at the replica set and prints its output.
mongosh() {
  local image name
  image=$(sed -n 's/^ *image: *\(mongo:.*\)/\1/p' "$gitops/base/mongo/statefulset.yaml")
  name=mongosh-$RANDOM$RANDOM
  sed -e "s|@NAME@|$name|" -e "s|@IMAGE@|$image|" "$gitops/lib/mongosh.yaml" | k create -f - >/dev/null
  k wait --for=condition=Ready "pod/$name" --timeout=120s >/dev/null
  # shellcheck disable=SC2016 # the pod's shell expands it
  k exec "$name" -- bash -c 'mongosh --quiet --norc "mongodb://$MEMBERS/martlet?replicaSet=rs0&authSource=admin" \
    --username root --password "$(</run/secrets/root/password)" --eval "$1"' _ "$1" || { k delete pod "$name" --wait=false >/dev/null; return 1; }
  k delete pod "$name" --wait=false >/dev/null
}
