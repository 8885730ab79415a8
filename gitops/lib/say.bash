# shellcheck shell=bash
# What a person sees: steps with their time, and errors with their cure.

say() { printf '  %s\n' "$*"; }

die() {
  trap - ERR
  printf '\n✗ %s\n' "$1" >&2
  shift
  if (($#)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

current_step=
# step NAME COMMAND...: says what begins, and how long it took.
step() {
  local began=$SECONDS
  current_step=$1
  printf '→ %s\n' "$1"
  shift
  "$@"
  printf '✓ %s (%s s)\n' "$current_step" "$((SECONDS - began))"
}

# A subshell only ends. The shell that waits for it says why.
trap '((BASH_SUBSHELL == 0)) || exit 1
  die "stopped${current_step:+ at: $current_step}" "The reason is above. Fix it and run the same command again: it skips what is done already."' ERR

# need TOOL CURE: prints the cure if TOOL is not on the PATH.
need() {
  command -v "$1" >/dev/null || die "'$1' is not on the PATH." "$2"
}

# retry SECONDS COMMAND...: until it succeeds.
retry() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 2
  done
}
