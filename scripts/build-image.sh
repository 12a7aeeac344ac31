#!/bin/bash
# A container image in OCI's layout, build/image (tag: latest), and packed, build/offhook.oci.tar:
# Debian's packages of the libraries, the program, certificates and time zones; no shell, no
# package manager. It runs as user 65532, keeps all in the volume /data and needs nothing else
# of its root to be writable. Needs root, mmdebstrap and umoci; exits with 77 without them.
#   build-image.sh [--check] [BUILD-DIRECTORY]
# --check also starts it from there, as a container would, on a root that cannot be written.
set -eu
cd "$(dirname "$0")/.."
check=
if [ "${1:-}" = --check ]; then
	check=yes
	shift
fi
build=${1:-build/release}
skip() {
	echo "skipped: $1"
	exit 77
}
[ "$(id -u)" -eq 0 ] || skip 'it needs root'
for program in mmdebstrap umoci dpkg-shlibdeps; do
	command -v "$program" >/dev/null 2>&1 || skip "there is no $program"
done
if [ $# -eq 0 ]; then
	cmake --preset release >/dev/null
	cmake --build --preset release -j"$(nproc)" >/dev/null
fi
work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/deb" >/dev/null 2>&1
needs=$(dpkg-deb -f "$work"/deb/offhook_*.deb Depends | tr ',' '\n' |
	sed 's/|.*//; s/(.*//; s/ //g' | tr '\n' ',')
apt-config dump --no-empty --format '%F "%v";%n' Acquire |
	grep -v '^Acquire::\(IndexTargets\|Changelogs\)' >"$work/apt.conf" || true
set --
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
	/etc/apt/sources.list.d/*.sources; do
	[ -s "$file" ] && set -- "$@" "$file"
done
# Unpacked, not installed: no script of a package runs.
mmdebstrap --quiet --variant=extract --format=directory --aptopt="$work/apt.conf" \
	--include="${needs}libcurl4,ca-certificates,tzdata,base-files" \
	"$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/debian" "$@"

# Of these packages only what the program opens.
root=$work/bundle/rootfs
umoci init --layout "$work/image"
umoci new --image "$work/image:latest"
umoci unpack --image "$work/image:latest" "$work/bundle"
mkdir -p "$root/etc/ssl/certs" "$root/usr/bin" "$root/usr/share" "$root/tmp" "$root/data"
dpkg-deb -x "$work"/deb/offhook_*.deb "$work/program"
cp "$work/program/usr/bin/offhook" "$root/usr/bin/"
(cd "$work/debian" && tar -c --exclude='usr/lib/*/gconv' --exclude='usr/lib/*/perl*' \
	--exclude='usr/lib/*/engines-3' --exclude='usr/lib/*/audit' \
	lib lib64 usr/lib/*-linux-gnu* usr/lib64 usr/share/zoneinfo etc/os-release \
	usr/lib/os-release 2>/dev/null || true) | tar -x -C "$root"
mkdir -p "$root/usr/share/doc"
for package in "$work"/debian/usr/share/doc/*/copyright "$work"/program/usr/share/doc/*/copyright; do
	name=$(basename "$(dirname "$package")")
	install -D -m 0644 "$package" "$root/usr/share/doc/$name/copyright"
done
cat "$work"/debian/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
echo 'offhook:x:65532:65532::/data:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'offhook:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
chmod 0700 "$root/data"
chown 65532:65532 "$root/data"

umoci repack --image "$work/image:latest" "$work/bundle"
umoci config --image "$work/image:latest" --config.user 65532:65532 \
	--config.entrypoint /usr/bin/offhook --config.cmd serve --config.workingdir /data \
	--config.env OFFHOOK_DATA=/data --config.env OFFHOOK_LISTEN=:8080 \
	--config.exposedports 8080/tcp --config.volume /data --config.stopsignal SIGTERM \
	--config.label org.opencontainers.image.title=offhook \
	--config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$work/image"
rm -rf build/image
cp -a "$work/image" build/image
tar -c -f build/offhook.oci.tar -C build/image .
echo "build/offhook.oci.tar: $(($(stat -c %s build/offhook.oci.tar) / 1048576)) MB packed," \
	"$(du -sm "$root" | cut -f1) MB unpacked"
[ -n "$check" ] || exit 0

# ---- as a container would start it ----

rm -rf "$work/bundle"
umoci unpack --image "$work/image:latest" "$work/bundle"
root=$work/bundle/rootfs
test ! -e "$root/bin/sh"
grep -q '"uid": *65532' "$work/bundle/config.json"
grep -q '"/usr/bin/offhook"' "$work/bundle/config.json"
mkdir -m 0700 "$work/data"
chown 65532:65532 "$work/data"
TWILIO_AUTH_TOKEN=5d41402abc4b2a76b9719d911017c592
export TWILIO_AUTH_TOKEN
# inside WORD…: what OCI's runtimes do with users, mounts and a read-only root
cat >"$work/inside" <<END
mount --bind "$root" "$root"
mount --bind "$work/data" "$root/data"
mount -o remount,bind,ro "$root"
cd "$root"
exec chroot --userspec=65532:65532 "$root" /usr/bin/offhook "\$@"
END
unshare --mount true 2>/dev/null || skip 'nothing may be mounted here, so it was built and not started'
unshare --mount sh "$work/inside" version
OFFHOOK_DATA=/data unshare --mount sh "$work/inside" serve --listen 127.0.0.1:0 \
	--public-url https://hooks.example.com 2>"$work/log" &
server=$!
until grep -q 'listening on' "$work/log"; do
	kill -0 $server || { cat "$work/log"; exit 1; }
	sleep 0.05
done
address=$(sed -n 's|.*listening on http://\([0-9.:]*\).*|\1|p' "$work/log" | head -1)
"$build/offhook" send sms --url https://hooks.example.com --connect "$address" >"$work/sent"
if grep -q 'serves as root' "$work/log"; then exit 1; fi
kill $server
wait $server
server=
test -s "$work/data/offhook.db"
