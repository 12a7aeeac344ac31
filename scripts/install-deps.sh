#!/bin/sh
# Installs with apt what is missing: `install-deps.sh build` for building and running,
# `check` for the tests as well, `deb` for packages, `bench` for the benchmarks. Says
# nothing when nothing is missing.
set -eu
level=${1:-build}

build="gcc make cmake pkg-config libc6-dev libevent-dev node-llhttp libsqlite3-dev
libssl-dev libjansson-dev libpcre2-dev libxml2-dev libcurl4-openssl-dev
libglib2.0-dev tzdata"
check="clang clang-format clang-tidy libclang-rt-14-dev llvm libcmocka-dev mandoc strace
sqlite3 g++ procps git dpkg-dev file pebble age libfaketime"
deb="dpkg-dev file"
bench="util-linux procps g++ python3 postgresql"

packages=$build
case $level in
build) ;;
check) packages="$packages $check" ;;
deb) packages="$packages $deb" ;;
bench) packages="$packages $bench" ;;
*)
	echo "usage: install-deps.sh build|check|deb|bench" >&2
	exit 2
	;;
esac

missing=
for package in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
# Node.js (for the official SDK, in tests and benchmarks only) may come from elsewhere.
if [ "$level" = check ] || [ "$level" = bench ]; then
	command -v node >/dev/null 2>&1 || missing="$missing nodejs"
	command -v npm >/dev/null 2>&1 || missing="$missing npm"
fi
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "missing packages; as root run: apt-get install$missing" >&2
		exit 1
	}
	sudo=sudo
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
