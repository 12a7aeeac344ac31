#!/bin/sh
# What is installed is enough: the program runs from there, and every example builds
# with what pkg-config says and nothing else, and passes its tests; likewise with CMake,
# with liboffhook.a, and from the Debian packages (check-deb.sh installs those).
#   check-install.sh [BUILD-DIRECTORY [BUILD-DIRECTORY-WITH-TESTS]]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
if [ $# -eq 0 ]; then
	cmake --preset release >/dev/null
	cmake --build --preset release -j"$(nproc)" >/dev/null
fi
tests=${2:-build/dev}
if [ $# -lt 2 ]; then
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j"$(nproc)" >/dev/null
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
unset PKG_CONFIG_PATH LD_LIBRARY_PATH

# under PREFIX: the folder of its libraries, and the environment that finds them
use() {
	libdir=$(dirname "$(find "$1" -name liboffhook.so.0)")
	PKG_CONFIG_PATH=$libdir/pkgconfig
	LD_LIBRARY_PATH=$libdir
	export PKG_CONFIG_PATH LD_LIBRARY_PATH
}

# program SOURCE PACKAGE: builds it and lets it say its version
program() {
	# shellcheck disable=SC2046 # a list of options
	cc "$1" -o "$root/program" $(pkg-config --cflags --libs "$2")
	"$root/program" version >/dev/null || {
		echo "$1, built with $2, does not run" >&2
		exit 1
	}
}

scripts/check-symbols.sh "$build/liboffhook.so.0"

# A prefix of one's own.
cmake --install "$build" --prefix "$root/prefix" >/dev/null
use "$root/prefix"
for file in bin/offhook bin/offhook-service include/offhook.h include/offhook_twiml.h include/offhook_types.h \
	share/man/man1/offhook.1 share/man/man5/offhook.conf.5 share/man/man3/offhook.3 \
	share/man/man3/oh_events.3 share/man/man3/oh_twiml.3 \
	share/doc/offhook/examples/sms.c share/doc/offhook/service.md \
	lib/systemd/system/offhook.service lib/systemd/system/offhook.socket \
	lib/sysusers.d/offhook.conf share/offhook/offhook.conf \
	share/bash-completion/completions/offhook share/zsh/site-functions/_offhook \
	share/fish/vendor_completions.d/offhook.fish; do
	test -s "$root/prefix/$file" || {
		echo "$file is not installed" >&2
		exit 1
	}
done
env -u LD_LIBRARY_PATH "$root/prefix/bin/offhook" version
size=$(stat -c %s "$root/prefix/bin/offhook")
[ "$size" -lt 2097152 ] || {
	echo "the program has $size bytes; under 2 MB" >&2
	exit 1
}
mkdir "$root/examples"
for source in "$root"/prefix/share/doc/offhook/examples/*.c; do
	program "$source" offhook
	mv "$root/program" "$root/examples/$(basename "$source" .c)"
	# With all the warnings that the documents speak of.
	# shellcheck disable=SC2046
	cc -Wall -Wextra -Werror -fsyntax-only "$source" \
		$(pkg-config --cflags offhook)
done
for test in "$tests"/tests/e2e/test_examples_*; do
	TEST_EXAMPLES_DIR=$root/examples TEST_OFFHOOK=$root/prefix/bin/offhook "$test"
done
cp "$root/examples/sms" "$root/program"
objdump -p "$root/program" | grep -q 'NEEDED *liboffhook.so.0'

# liboffhook.a: the program runs without the library.
unset LD_LIBRARY_PATH
program examples/sms.c offhook-static

# CMake.
mkdir "$root/project"
cp examples/sms.c "$root/project/app.c"
cat >"$root/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(app C)
find_package(offhook 0.1 REQUIRED)
add_executable(app app.c)
target_link_libraries(app offhook::offhook)
END
cmake -S "$root/project" -B "$root/project/build" -DCMAKE_PREFIX_PATH="$root/prefix" \
	>/dev/null
cmake --build "$root/project/build" >/dev/null
"$root/project/build/app" version >/dev/null

# DESTDIR, for packages of other kinds.
DESTDIR=$root/stage cmake --install "$build" --prefix /usr >/dev/null
test -x "$root/stage/usr/bin/offhook"
test -s "$root/stage/etc/offhook/offhook.conf"
test -s "$root/stage/usr/share/zsh/vendor-completions/_offhook"

# The Debian packages, unpacked.
command -v dpkg-shlibdeps >/dev/null 2>&1 || exit 0
cpack --config "$build/CPackConfig.cmake" -G DEB -B "$root/deb" >/dev/null
for deb in "$root"/deb/*.deb; do dpkg-deb -x "$deb" "$root/debian"; done
dpkg-deb -f "$root"/deb/liboffhook0_*.deb Depends | grep -q libjansson4
use "$root/debian"
"$root/debian/usr/bin/offhook" version >/dev/null
program "$root/debian/usr/share/doc/offhook/examples/sms.c" offhook
