# shellcheck shell=bash disable=SC2154,SC2164 # gitops/cluster sets the variables and `set -e`
# Local mode: no account, no registry. A Git server in the cluster, an image built on this machine, and a commit that
# nobody but that server sees: it's made in a detached work tree, and the branch, the index and the files stay as they are.

start_git_server() {
  k apply -k "$gitops/local/git" | sed 's/^/  /'
  k -n martlet-git rollout status deployment/git --timeout="${timeout}s" | tail -1 | sed 's/^/  /'
}

# The tag is never used twice: a node keeps the image that it has of a tag.
new_tag() {
  printf 'local-%s-%s' "$(date -u +%Y%m%dT%H%M%SZ)" "$(git -C "$repository" rev-parse --short=12 HEAD)"
}

build_image() {
  export IMAGE=docker.io/library/martlet:$1
  if [[ -n $image_command ]]; then
    (cd "$repository" && bash -c "$image_command")
  else
    minikube -p "$profile" image build -t "$IMAGE" "$repository"
    minikube -p "$profile" image ls | grep -qF "$IMAGE" ||
      die "minikube built no $IMAGE." "Run 'minikube -p $profile image build -t $IMAGE $repository' to see why."
  fi
}

# seal_locally: the credentials of this machine's cluster, sealed once and kept beside the key, out of Git.
seal_locally() {
  if [[ ! -d $keys/secrets ]]; then
    mkdir -p "$keys"
    cp -r "$gitops/secrets" "$keys/secrets"
  fi
  MARTLET_SECRETS=$keys/secrets "$gitops/seal" | sed 's/^/  /'
}

# commit_locally TAG: prints the commit that the cluster shall run: this work tree's files, the local image, the local secrets.
commit_locally() {
  local tree=$scratch/tree base
  base=$(git -C "$repository" -c user.name=martlet -c user.email=martlet@localhost stash create)
  git -C "$repository" worktree add --quiet --detach "$tree" "${base:-HEAD}"
  (
    cd "$tree"
    cp "$keys/secrets"/*.yaml gitops/secrets/
    sed -i.old "s|^\( *newTag:\).*|\1 $1|" gitops/overlays/local/kustomization.yaml
    sed -i.old -e "s|^\( *url:\).*|\1 git://git.martlet-git.svc.cluster.local/martlet.git|" -e 's|^\( *revision:\).*|\1 main|' \
      -e 's|^\( *overlay:\).*|\1 gitops/overlays/local|' gitops/argocd/fork/repository.yaml
    rm gitops/overlays/local/*.old gitops/argocd/fork/*.old
    git -c user.name=martlet -c user.email=martlet@localhost commit --quiet --no-verify -a -m "Run $1"
    git rev-parse HEAD
  )
}

# push_locally COMMIT: over `kubectl exec`, so the server needs no door for writers.
push_locally() {
  git -C "$repository" -c protocol.ext.allow=always push --quiet --force \
    "ext::kubectl --context $context -n martlet-git exec -i deploy/git -- %S /srv/git/martlet.git" "$1:refs/heads/main"
}
