# shellcheck shell=bash
# What gitops/tools has installed counts as installed, though Go's own folder may not be on the PATH.
if command -v go >/dev/null; then
  bin=$(go env GOBIN)
  PATH=$PATH:${bin:-$(go env GOPATH)/bin}
  unset bin
fi
