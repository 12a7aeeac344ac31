#!/bin/sh
# What `make install` puts down runs from there.
set -eu
cd "$(dirname "$0")/.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cmake --preset release >/dev/null
cmake --build --preset release -j"$(nproc)" >/dev/null
DESTDIR=$root cmake --install build/release --prefix /usr >/dev/null
test -x "$root/usr/bin/offhook"
test -f "$root/usr/share/man/man1/offhook.1"
test -f "$root/usr/share/man/man5/offhook.conf.5"
"$root/usr/bin/offhook" version
size=$(stat -c %s "$root/usr/bin/offhook")
[ "$size" -lt 2097152 ] || { echo "the program has $size bytes; under 2 MB"; exit 1; }
