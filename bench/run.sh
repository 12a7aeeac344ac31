#!/bin/sh
# Builds everything and measures Offhook against the bare loop and Express.
# usage: bench/run.sh [--quick] [--rounds N] [--no-express] [--big N] …; --help lists all.
set -eu
cd "$(dirname "$0")/.."
case " $* " in
*' --help '* | *' -h '*) exec python3 bench/compare.py --help ;;
esac

cmake --preset bench >/dev/null
cmake --build --preset bench --parallel "$(nproc)" >/dev/null
case " $* " in
*' --no-express '*) ;;
*)
	if [ ! -d bench/express/node_modules ]; then
		echo 'bench: installing Express, the twilio SDK and better-sqlite3' >&2
		(cd bench/express && npm ci --no-audit --no-fund >&2)
	fi
	;;
esac
exec python3 bench/compare.py --build build/bench "$@"
