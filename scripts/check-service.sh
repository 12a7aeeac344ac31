#!/bin/bash
# The packages as a service of a real systemd, in a container of its own (systemd-nspawn, no
# network): installed, started, told a secret, reloaded, restarted under traffic, activated by
# its socket, ended by its watchdog, purged. Exits with 77 where no container boots.
#   check-service.sh [BUILD-DIRECTORY]
# The container's root is kept packed, for ROOT_DAYS days: build/service-root.tar.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
kept=build/service-root.tar
work=

skip() {
	echo "skipped: $1"
	exit 77
}

[ "$(id -u)" -eq 0 ] || skip 'it needs root'
for program in systemd-nspawn mmdebstrap dpkg-shlibdeps pebble; do
	command -v "$program" >/dev/null 2>&1 || skip "there is no $program"
done
if [ $# -eq 0 ]; then
	cmake --preset release >/dev/null
	cmake --build --preset release -j"$(nproc)" >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/deb" >/dev/null 2>&1
# Debian and what the packages need, so that nothing is fetched when the container runs.
needs=$(for deb in "$work"/deb/offhook_*.deb "$work"/deb/liboffhook0_*.deb; do
	dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g'
done | sort -u | tr '\n' ',')
if [ -z "$(find "$kept" -mtime "-${ROOT_DAYS:-7}" 2>/dev/null)" ]; then
	apt-config dump --no-empty --format '%F "%v";%n' Acquire |
		grep -v '^Acquire::\(IndexTargets\|Changelogs\)' >"$work/apt.conf" || true
	set --
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources; do
		[ -s "$file" ] && set -- "$@" "$file"
	done
	mmdebstrap --quiet --variant=minbase --format=tar --aptopt="$work/apt.conf" \
		--include="systemd,systemd-sysv,dbus,libcurl4,ca-certificates,$needs" \
		"$(. /etc/os-release && echo "$VERSION_CODENAME")" "$kept.new" "$@" \
		2>"$work/mmdebstrap" || {
		cat "$work/mmdebstrap"
		exit 1
	}
	mv "$kept.new" "$kept"
fi
mkdir "$work/root"
tar -x -f "$kept" -C "$work/root"
mkdir "$work/root/check"
cp "$work"/deb/*.deb scripts/service-inside.sh "$build/examples/queue" "$work/root/check"
# A CA, and a clock that can be moved for one program.
cp "$(command -v pebble)" "$(command -v pebble-challtestsrv)" \
	/usr/lib/*/faketime/libfaketime.so.1 "$work/root/check"
# The container runs the check when it has booted, and then ends.
cat >"$work/root/etc/systemd/system/check.service" <<'END'
[Unit]
After=multi-user.target
FailureAction=exit
SuccessAction=exit
[Service]
Type=oneshot
StandardOutput=file:/check/output
StandardError=file:/check/output
ExecStart=/bin/bash /check/service-inside.sh
ExecStopPost=/bin/sh -c 'echo $EXIT_STATUS >/check/status'
END
mkdir "$work/root/etc/systemd/system/default.target.wants"
ln -s ../check.service "$work/root/etc/systemd/system/default.target.wants/check.service"
timeout "${PATIENCE:-300}" systemd-nspawn --quiet --directory="$work/root" --register=no \
	--keep-unit --private-network --console=pipe --boot >"$work/console" 2>&1 </dev/null || true
if [ ! -s "$work/root/check/output" ]; then
	tail -20 "$work/console"
	grep -q 'Welcome to' "$work/console" || skip 'no container boots here'
	exit 1
fi
cat "$work/root/check/output"
exit "$(cat "$work/root/check/status")"
