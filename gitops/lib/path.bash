# shellcheck shell=bash
# Finds what gitops/tools has installed, even if Go's own folder is not on the PATH.
if command -v go >/dev/null; then
  bin=$(go env GOBIN)
  PATH=$PATH:${bin:-$(go env GOPATH)/bin}
  unset bin
fi
