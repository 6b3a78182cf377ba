#!/usr/bin/env bash
# Judges a receipt where there is Go and nothing of the platform: an own root with the Go of the system alone, without
# network, without /proc of others. Usage: tools/judge-apart.sh RECEIPT.zip   (as root; needs Go with x/mod)
set -euo pipefail
receipt=$(realpath "${1:-}")
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# = 1 ] && [ -f "$receipt" ] || fail '用法 · usage: tools/judge-apart.sh RECEIPT.zip'
go=$(realpath "$(command -v go)")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{usr/lib,usr/share,receipt,tmp,dev}
(cd "$root/receipt" && python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall()' "$receipt")
cp tests/evidence/judge/judge.go "$root/receipt/judge.go"
# the C library that the compiler itself is linked with
ldd "$go" | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "$root$library"; done
# only what the compiler is made of: no Python, no shell, no file of the platform
unshare --mount --net --pid --fork bash -c '
  set -e
  root=$1
  for path in /usr/lib/go /usr/lib/go-* /usr/share/go /usr/share/go-* /usr/share/gocode; do
    [ -L "$path" ] && cp -P "$path" "$root$path" && continue
    mkdir -p "$root$path"
    mount --rbind "$path" "$root$path"
    mount -o remount,ro,bind "$root$path"
  done
  touch "$root/dev/null"
  mount --bind /dev/null "$root/dev/null"
  proof=$(basename "$root"/receipt/*.tlog-proof)
  exec env -i GO111MODULE=off GOPATH=/usr/share/gocode GOPROXY=off GOCACHE=/tmp/cache HOME=/tmp CGO_ENABLED=0 \
    /usr/sbin/chroot "$root" "$2" run /receipt/judge.go "/receipt/$proof" \
    "/receipt/${proof%.tlog-proof}.record.json" /receipt/policy
' judge "$root" "$go" < /dev/null
