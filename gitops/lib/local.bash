# shellcheck shell=bash disable=SC2154,SC2164 # gitops/cluster sets the variables and `set -e`
# Local mode: no account, no registry. A Git server in the cluster, an image built on this machine, and a commit that
# only that server sees. It's made in a detached work tree: the branch, the index and the files stay as they are.

# No hooks and no signatures for this commit: it never leaves this machine and its cluster.
plain=(-c user.name=martlet -c user.email=martlet@localhost -c commit.gpgsign=false -c core.hooksPath=/dev/null)

start_git_server() {
  k apply -k "$gitops/local/git" | sed 's/^/  /'
  k -n martlet-git rollout status deployment/git --timeout="${timeout}s" | tail -1 | sed 's/^/  /'
}

# A tag is never used twice, because a node keeps the image that it has for a tag.
new_tag() {
  printf 'local-%s-%s' "$(date -u +%Y%m%dT%H%M%SZ)" "$(git -C "$repository" rev-parse --short=12 HEAD)"
}

# snapshot: this work tree as it is, with files that Git does not know yet, in a work tree and an index of its own.
# It has no parent: CI clones with depth 1, and a server refuses a commit whose parent is missing.
snapshot() {
  local files commit
  export GIT_INDEX_FILE=$scratch/index
  git -C "$repository" read-tree HEAD
  git -C "$repository" add --all
  files=$(git -C "$repository" write-tree)
  commit=$(git -C "$repository" "${plain[@]}" commit-tree -m 'The work tree as it is' "$files")
  unset GIT_INDEX_FILE
  git -C "$repository" "${plain[@]}" worktree add --quiet --detach "$tree" "$commit"
}

# build_image TAG: builds from the snapshot, so that image and manifests belong together. The tag is the version.
build_image() {
  export IMAGE=docker.io/library/martlet:$1
  cd "$tree"
  if [[ -n $image_command ]]; then
    bash -c "$image_command"
  elif docker info >/dev/null 2>&1; then
    docker build --build-arg "VERSION=$1" -t "$IMAGE" .
    minikube -p "$profile" image load "$IMAGE"
  else
    minikube -p "$profile" image build --build-opt "opt=build-arg:VERSION=$1" -t "$IMAGE" .
  fi
  cd "$repository"
  # minikube does not report a failed build.
  [[ -z $on_minikube || $(minikube -p "$profile" image ls) == *"$IMAGE"* ]] ||
    die "the node has no image $IMAGE." 'The output of the build is above.'
}

# seal_locally: the credentials of this machine's cluster, sealed once and kept beside the key, out of Git.
seal_locally() {
  if [[ ! -d $keys/secrets ]]; then
    mkdir -p "$keys"
    cp -r "$gitops/secrets" "$keys/secrets"
  fi
  cp "$gitops/secrets/kustomization.yaml" "$keys/secrets/" # the list may have grown
  MARTLET_SECRETS=$keys/secrets "$gitops/seal" | sed 's/^/  /'
}

# commit_locally TAG: the snapshot with the local image and the local secrets. Prints the commit for the cluster.
commit_locally() {
  (
    cd "$tree"
    cp "$keys/secrets"/*.yaml gitops/secrets/
    sed -i.old "s|^\( *newTag:\).*|\1 $1|" gitops/overlays/local/kustomization.yaml
    sed -i.old -e "s|^\( *url:\).*|\1 git://git.martlet-git.svc.cluster.local/martlet.git|" -e 's|^\( *revision:\).*|\1 main|' \
      -e 's|^\( *overlay:\).*|\1 gitops/overlays/local|' gitops/argocd/fork/repository.yaml
    rm gitops/overlays/local/*.old gitops/argocd/fork/*.old
    git "${plain[@]}" commit --quiet -a -m "Run $1"
    git rev-parse HEAD
  )
}

# push_locally COMMIT: pushes over `kubectl exec`, so the server needs no port for writers.
push_locally() {
  git -C "$repository" "${plain[@]}" -c protocol.ext.allow=always push --quiet --force \
    "ext::kubectl --context $context -n martlet-git exec -i deploy/git -- %S /srv/git/martlet.git" "$1:refs/heads/main"
}
