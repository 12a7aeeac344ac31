#!/bin/sh
# Shell scripts parse, and shellcheck has nothing to say where it is installed.
set -eu
cd "$(dirname "$0")/.."
for script in scripts/*.sh bench/*.sh bench/*/*.sh contrib/debian/p* contrib/systemd/offhook-service .ci/run; do
	[ -f "$script" ] || continue
	case $(head -1 "$script") in *bash*) bash -n "$script" ;; *) sh -n "$script" ;; esac
done
command -v shellcheck >/dev/null 2>&1 || exit 0
shellcheck -S warning scripts/*.sh bench/*.sh bench/*/*.sh contrib/debian/p* contrib/systemd/offhook-service .ci/run
