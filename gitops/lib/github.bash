# shellcheck shell=bash disable=SC2154,SC2164 # gitops/cluster sets the variables and `set -e`
# GitHub mode: what the remote's branch says, whether its image is there, and whether the cluster may pull that.

remote_head() { git -C "$repository" ls-remote "$(setting url)" "refs/heads/$(setting revision)" 2>/dev/null | cut -f1; }

# follow_remote: like read_remote, while waiting for something else. A short network failure is no reason to stop.
follow_remote() {
  local head
  head=$(remote_head) || return 0
  [[ -z $head || $head == "$revision" ]] || read_remote
}

# read_remote: sets `revision` to the remote's head, and fetches that commit.
read_remote() {
  local url head
  url=$(setting url)
  head=$(git -C "$repository" ls-remote "$url" "refs/heads/$(setting revision)" | cut -f1) || die "cannot read $url." 'Is it public, and pushed?'
  [[ -n $head ]] || die "$url has no branch $(setting revision)." 'Push it.'
  git -C "$repository" cat-file -e "$head^{commit}" 2>/dev/null || git -C "$repository" fetch --quiet "$url" "$head"
  revision=$head
}

check_fork() {
  local url
  url=$(setting url)
  [[ $url != *github.com/owner/* ]] || die 'this fork is not set up.' "Run gitops/fork, commit and push; or use --local."
  read_remote
  git -C "$repository" diff --quiet "$revision" -- gitops/secrets gitops/argocd/fork ||
    die "gitops/secrets or gitops/argocd/fork differ from what $url holds." 'Commit and push them first: the cluster reads only what is pushed.'
  if [[ $(image_setting newTag) == none-yet ]]; then
    die 'the pipeline has set no image yet.' "It does so after every push to $(setting revision): look at the fork's Actions. Or use --local."
  fi
}

# image_setting KEY: a value at `revision` from the file that the pipeline writes: staging's, if staging is on.
image_setting() {
  local file=gitops/image/kustomization.yaml
  if git -C "$repository" show "$revision:gitops/argocd/apps/kustomization.yaml" 2>/dev/null | grep '^ *- staging\.yaml' >/dev/null; then
    file=gitops/image/staging/kustomization.yaml
  fi
  git -C "$repository" show "$revision:$file" | sed -n "s/^ *$1: *//p"
}

# check_package: may anybody pull the image? Without this check, `up` would wait a quarter of an hour for a private one.
check_package() {
  local name digest status
  name=$(image_setting newName) digest=$(image_setting digest)
  status=$(ask_registry "$name" "$digest")
  case ${status%% *} in
    200) say "anybody may pull $name" ;;
    401 | 403 | 404) die "$name@$digest cannot be pulled without an account (${status%% *})." \
      "GitHub makes a new package private: Package settings, 'Change visibility', public." \
      'Or keep it private, give the cluster a pull secret, and add --private.' ;;
    *) say "${name%%/*} does not answer from here (${status%% *}): the cluster will find out whether it can pull the image" ;;
  esac
}

# image_is_set: does `revision` run the image of its own sources? gitops/ is in no image, so a commit that touches nothing
# else has the image of its parent. An image that a person has put there (a revert) is what that person wants.
image_is_set() {
  local outside tag source
  outside=$(git -C "$repository" rev-list -1 "$revision" -- . ':!gitops')
  tag=$(image_setting newTag)
  source=$(git -C "$repository" rev-parse --quiet --verify "${tag##*-}^{commit}") ||
    die "this clone does not have commit ${tag##*-}, from which the image was built." 'Run: git fetch --unshallow'
  if git -C "$repository" merge-base --is-ancestor "$outside" "$source"; then return 0; fi
  [[ $(git -C "$repository" log -1 --format=%s "$outside..$revision" -- gitops/image) == Revert* ]]
}

# wait_for_image: waits for the pipeline's bump. That takes as long as the pipeline: tests, two images, signatures.
wait_for_image() {
  local deadline=$((SECONDS + 3600)) said=
  until image_is_set; do
    ((SECONDS < deadline)) || die "no image of ${revision:0:12} after an hour." "Look at the fork's Actions: the workflow Main."
    if [[ $said != "$revision" ]]; then say "${revision:0:12} still has the image $(image_setting newTag)"; said=$revision; fi
    sleep "${POLL:-15}"
    follow_remote
  done
  say "${revision:0:12} has the image $(image_setting newTag)"
}
