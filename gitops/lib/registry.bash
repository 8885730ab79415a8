# shellcheck shell=bash
# Asks a registry as anybody can: without an account.

# ask_registry NAME REFERENCE: prints the HTTP status of that manifest (000: the registry can't be reached) and its digest.
ask_registry() {
  local host path scheme=https head token
  if [[ ${1%%/*} == *[.:]* ]]; then host=${1%%/*} path=${1#*/}; else host=docker.io path=$1; fi
  if [[ $host == docker.io ]]; then
    host=registry-1.docker.io
    [[ $path == */* ]] || path=library/$path
  fi
  [[ $host != 127.0.0.1:* ]] || scheme=http
  head=$(manifest_head "$scheme://$host/v2/$path/manifests/$2" none)
  if [[ $head == *' 401'* ]]; then
    # The refusal says where to get a token: Bearer realm="…",service="…",scope="…"
    token=$(registry_token "$(sed -n 's/^www-authenticate: *bearer *//Ip' <<<"$head" | tr -d '\r')" "repository:$path:pull")
    [[ -z $token ]] || head=$(manifest_head "$scheme://$host/v2/$path/manifests/$2" "$token")
  fi
  printf '%s %s\n' "$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' <<<"${head:-HTTP 000}")" \
    "$(sed -n 's/^docker-content-digest: *//Ip' <<<"$head" | tr -d '\r')"
}

manifest_head() { # URL TOKEN
  curl --silent --head --max-time 10 -H "Authorization: Bearer $2" \
    -H 'Accept: application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json' \
    "$1" || true
}

registry_token() { # CHALLENGE SCOPE
  local realm service
  realm=$(sed -n 's/.*realm="\([^"]*\)".*/\1/p' <<<"$1")
  service=$(sed -n 's/.*service="\([^"]*\)".*/\1/p' <<<"$1")
  [[ -n $realm ]] || return 0
  curl --silent --max-time 10 --get --data-urlencode "service=$service" --data-urlencode "scope=$2" "$realm" |
    sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p' || true
}
