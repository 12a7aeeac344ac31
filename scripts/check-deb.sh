#!/bin/sh
# The Debian packages, installed by apt in a clean system: everything they depend on
# comes from Debian, liboffhook-dev brings what building needs, every example builds with
# what pkg-config says and nothing else, and passes its tests. Needs root and mmdebstrap, and Debian's archive, as this
# system's apt knows it.
#   check-deb.sh [BUILD-DIRECTORY [BUILD-DIRECTORY-WITH-TESTS]]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/package}
tests=${2:-build/dev}
if [ $# -eq 0 ]; then
	scripts/build-package.sh
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j"$(nproc)" >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/check"
cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/deb" >/dev/null
cp "$work"/deb/*.deb "$tests"/tests/e2e/test_examples_* "$work/check"
cat >"$work/check/inside.sh" <<'END'
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
# A machine that only has the program is told what building needs.
apt-get install -y -qq --no-install-recommends ./offhook_*.deb ./liboffhook0_*.deb >/dev/null
offhook create early 2>lacks
grep -q 'lacks make, cc, pkg-config' lacks
if offhook dev early 2>lacks; then exit 1; fi
grep -q 'apt-get install' lacks
# And liboffhook-dev brings it, by what it recommends.
apt-get install -y -qq -o APT::Install-Recommends=true ./*.deb >/dev/null
make -s -C early app
for package in offhook liboffhook0 liboffhook-dev; do
	test -s "/usr/share/doc/$package/copyright"
done
mkdir examples
for source in /usr/share/doc/offhook/examples/*.c; do
	cc "$source" $(pkg-config --cflags --libs offhook) \
		-o "examples/$(basename "$source" .c)"
done
for test in ./test_examples_*; do
	TEST_EXAMPLES_DIR=$PWD/examples TEST_OFFHOOK=/usr/bin/offhook "$test"
done
offhook version
apt-get purge -y -qq offhook liboffhook0 liboffhook-dev >/dev/null
test ! -e /usr/bin/offhook
END

# How this system's apt reaches the archive, so that the new one does it likewise.
apt-config dump --no-empty --format '%F "%v";%n' Acquire |
	grep -v '^Acquire::\(IndexTargets\|Changelogs\)' >"$work/apt.conf" || true
set --
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
	/etc/apt/sources.list.d/*.sources; do
	[ -s "$file" ] && set -- "$@" "$file"
done
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=apt --include=libcmocka0 \
	--aptopt="$work/apt.conf" \
	--customize-hook="copy-in $work/check /" \
	--customize-hook='chroot "$1" sh /check/inside.sh' \
	"$suite" /dev/null "$@"
