#!/bin/sh
# Builds everything and measures: webhooks beside a bare loop and peers, jobs beside
# Graphile Worker, a million jobs beside webhooks, and HTTPS beside HTTP.
# usage: bench/run.sh [--only=webhooks|jobs|million|https] [--quick] [option …]
# Other options are those of the part named by --only, or else of the webhooks' part;
# --help lists them.
set -eu
cd "$(dirname "$0")/.."
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

only=
quick=
for word; do
	shift
	case $word in
	--only=webhooks | --only=jobs | --only=million | --only=https) only=${word#--only=} ;;
	--only=*)
		echo "bench: $word: there are webhooks, jobs, million and https" >&2
		exit 2
		;;
	--quick) quick=--quick ;;
	*) set -- "$@" "$word" ;;
	esac
done

build() {
	cmake --preset bench >/dev/null
	cmake --build --preset bench --parallel "$(nproc)" >/dev/null
	case $only in
	'' | webhooks) bench/peers.sh build/bench ;;
	esac
}

webhooks() {
	python3 bench/compare.py --build build/bench ${quick:+"$quick"} "$@"
}

jobs() {
	if ! bench/jobs/postgres.sh bin >/dev/null ||
		! bench/npm-install.sh jobs 'Graphile Worker'; then
		echo 'bench: the comparison of jobs with Graphile Worker is skipped' >&2
		return
	fi
	python3 bench/jobs/compare.py --build build/bench ${quick:+"$quick"} "$@"
}

million() {
	python3 bench/jobs/million.py --build build/bench ${quick:+"$quick"} "$@"
}

https() {
	python3 bench/https.py --build build/bench ${quick:+"$quick"} "$@"
}

case " $* " in
*' --help '* | *' -h '*)
	sed -n '2,6s/^# //p' bench/run.sh
	"${only:-webhooks}" --help
	exit
	;;
esac
build
case $only in
'')
	webhooks "$@"
	set --
	jobs "$@"
	million "$@"
	https "$@"
	;;
*) "$only" "$@" ;;
esac
