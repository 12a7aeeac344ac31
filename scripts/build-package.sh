#!/bin/sh
# The build that packages carry, in build/package: optimised over all files (LTO), by a
# profile of the benchmark's load. Where the programs cannot run, or the profile is not made,
# it says so and goes without.
#   build-package.sh [PROFILE.tar]
# The profile is kept as build/package-profile.tar. No two trainings count alike, for threads
# meet as they will; named again, the same profile makes the same bits of the same sources,
# in whatever directory.
set -eu
profile=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
build=build/package
jobs=$(nproc)

# build PROFILE: generate, use or lto
build() {
	cmake --preset package -DOFFHOOK_PROFILE="$1" >/dev/null
	cmake --build --preset package -j"$jobs" >/dev/null
}

# In folders of the build, whatever their place is.
pack() {
	(cd "$build" && find . -name '*.gcda' | LC_ALL=C sort |
		tar -c -f - --mtime=@0 --owner=0 --group=0 --numeric-owner -T -) \
		>build/package-profile.tar
}

if [ -z "$profile" ]; then
	rm -rf "$build"
	build generate
	if scripts/train.sh "$build" >build/package-training.log 2>&1; then
		pack
	else
		echo 'the training failed (build/package-training.log): built without its profile' >&2
		rm -rf "$build"
		build lto
		exit
	fi
else
	mkdir -p "$build"
	tar -x -f "$profile" -C "$build"
fi
build use
