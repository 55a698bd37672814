#!/usr/bin/env bash
# Installs the independent judges of the conformance suite below .tools/ of this project: vcsim and govc
# (built from the pinned module in test/peers/go) and pyVmomi (pinned in test/peers/requirements.txt).
# Also PostgreSQL, which tests start on a port of their own (from apt where it is missing).
# Needs Go 1.21 or later and python3 with venv; what is missing comes from apt where that works as root.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
tools=$root/.tools

say() { printf 'install-peers: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

apt_install() {
  command -v apt-get >/dev/null || die "please install $* with your package manager, then run scripts/install-peers.sh again"
  [ "$(id -u)" = 0 ] || die "please run: sudo apt-get install $*; then scripts/install-peers.sh again"
  say "apt-get install $*"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 </dev/null
}

# pyVmomi, in an environment of its own.
python=$tools/python/bin/python3
pinned_python=$(sed -n 's/^pyvmomi==\([^ ]*\).*/\1/p' test/peers/requirements.txt)
if [ "$("$python" -c 'from importlib.metadata import version; print(version("pyvmomi"))' 2>/dev/null)" != "$pinned_python" ]; then
  python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install ca-certificates python3 python3-venv
  rm -rf "$tools/python"
  python3 -m venv "$tools/python"
  "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r test/peers/requirements.txt >&2
fi

# vcsim and govc.
module=$root/test/peers/go
pinned_go=$(sed -n 's/^require github.com\/vmware\/govmomi v\([^ ]*\).*/\1/p' "$module/go.mod")
toolchain=go1.25.3

# Sets `go` to one that builds the module. From Go 1.21 on the command fetches the toolchain it needs; an
# older one (apt's) can still download that toolchain as the module it is.
find_go() {
  command -v go >/dev/null || apt_install ca-certificates golang-go
  go=$(command -v go)
  local minor
  minor=$(cd / && "$go" env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  if [ "${minor:-0}" -ge 25 ]; then return; fi
  if [ "${minor:-0}" -ge 21 ]; then export GOTOOLCHAIN=$toolchain; return; fi
  local name dir
  name=golang.org/toolchain@v0.0.1-$toolchain.$("$go" env GOOS)-$("$go" env GOARCH)
  say "this Go is too old; downloading $name"
  dir=$(cd / && "$go" mod download -json "$name" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  [ -d "$dir" ] || die "cannot download $name; please install Go 1.25 or later, then run scripts/install-peers.sh again"
  rm -rf "$tools/go"
  mkdir -p "$tools"
  cp -r "$dir" "$tools/go"
  # A module zip carries no modes.
  chmod -R u+w "$tools/go"
  chmod +x "$tools"/go/bin/* "$tools"/go/pkg/tool/*/*
  go=$tools/go/bin/go
  export GOROOT=$tools/go GOTOOLCHAIN=local
}

installed() {
  [ "$("$tools/bin/vcsim" version 2>/dev/null | sed -n 's/^Build Version: //p')" = "$pinned_go" ] &&
    [ "$("$tools/bin/govc" version 2>/dev/null)" = "govc $pinned_go" ] &&
    # A build of ours from before it could be a standalone ESXi host.
    # (Taken whole before it is searched: a `grep -q` that has what it wants ends vcsim by SIGPIPE.)
    [[ $("$tools/bin/vcsim" -h 2>&1) =~ [[:space:]]-esx ]]
}
if ! installed; then
  find_go
  mkdir -p "$tools/bin"
  (cd "$module" && CGO_ENABLED=0 "$go" build -mod=readonly -trimpath -ldflags=-s -o "$tools/bin/" ./vcsim ./govc)
  rm -rf "$tools/go"
  installed || die "the vcsim and govc just built do not run; see test/peers/go"
fi

# PostgreSQL, which the tests of the fleet start themselves.
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then
  # Debian would start a server of its own; the tests need only the programs.
  apt_install postgresql
fi

say "vcsim and govc $pinned_go, pyVmomi $pinned_python in ${tools#"$root"/}"
