#!/bin/sh
# Builds everything and measures: webhooks beside a bare loop and Express, jobs beside
# Graphile Worker, and a million jobs beside webhooks.
# usage: bench/run.sh [--only=webhooks|jobs|million] [--quick] [option …]
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
	--only=webhooks | --only=jobs | --only=million) only=${word#--only=} ;;
	--only=*)
		echo "bench: $word: there are webhooks, jobs and million" >&2
		exit 2
		;;
	--quick) quick=--quick ;;
	*) set -- "$@" "$word" ;;
	esac
done

# npm_install FOLDER WHAT: from its lock file, once. Fails, with a line, when it cannot.
npm_install() {
	[ ! -d "$1/node_modules" ] || return 0
	echo "bench: installing $2" >&2
	if ! command -v npm >/dev/null 2>&1; then
		echo 'bench: npm is not installed (Debian: npm)' >&2
		return 1
	fi
	(cd "$1" && npm ci --no-audit --no-fund >&2)
}

build() {
	cmake --preset bench >/dev/null
	cmake --build --preset bench --parallel "$(nproc)" >/dev/null
}

webhooks() {
	case " $* " in
	*' --no-express '*) ;;
	*)
		if ! npm_install bench/express 'Express, the twilio SDK and better-sqlite3'; then
			echo 'bench: the comparison with Express is skipped' >&2
			set -- "$@" --no-express
		fi
		;;
	esac
	python3 bench/compare.py --build build/bench ${quick:+"$quick"} "$@"
}

jobs() {
	if ! bench/jobs/postgres.sh bin >/dev/null ||
		! npm_install bench/jobs 'Graphile Worker'; then
		echo 'bench: the comparison of jobs with Graphile Worker is skipped' >&2
		return
	fi
	python3 bench/jobs/compare.py --build build/bench ${quick:+"$quick"} "$@"
}

million() {
	python3 bench/jobs/million.py --build build/bench ${quick:+"$quick"} "$@"
}

case " $* " in
*' --help '* | *' -h '*)
	sed -n '2,6s/^# //p' bench/run.sh
	"${only:-webhooks}" --no-express --help
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
	;;
*) "$only" "$@" ;;
esac
