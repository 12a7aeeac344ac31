#!/bin/sh
# The service's files without a systemd that runs: what the unit leaves open to the service
# is at most 1.5 of 10, as `systemd-analyze security` counts; the program takes every setting
# that offhook.conf proposes.
#   check-unit.sh [PROGRAM]
set -eu
cd "$(dirname "$0")/.."
program=${1:-build/dev/offhook}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed 's/^#\([a-z-]* = \)/\1/' contrib/systemd/offhook.conf >"$work/offhook.conf"
[ "$(grep -c ' = ' "$work/offhook.conf")" -gt "$(grep -c '^[^#].* = ' contrib/systemd/offhook.conf)" ]
"$program" config --config "$work/offhook.conf" >"$work/settings"
grep -q "^public-url .*https://hooks.example.com .*$work/offhook.conf:" "$work/settings"

if ! command -v systemd-analyze >/dev/null 2>&1; then
	echo 'the unit is not checked: there is no systemd-analyze'
	exit 0
fi
systemd-analyze security --offline=true --threshold=15 --no-pager \
	contrib/systemd/offhook.service >"$work/exposure" || {
	cat "$work/exposure"
	exit 1
}
tail -1 "$work/exposure"
