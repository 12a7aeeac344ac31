#!/bin/sh
# Runs a command with its output in a file, and says so in one line; on a terminal that line
# shows how far it is. When the command fails, the whole output follows.
#   quietly.sh FILE WHAT COMMAND…
set -u
log=$1
what=$2
shift 2
mkdir -p "$(dirname "$log")"
printf '%s (its output goes to %s) ' "$what" "$log"
"$@" >"$log" 2>&1 &
while [ -t 1 ] && sleep 1 && kill -0 $! 2>/dev/null; do
	printf '\r%s (its output goes to %s) %s ' "$what" "$log" \
		"$(sed -n 's/^\[ *\([0-9]*%\)\].*/\1/p' "$log" | tail -n 1)"
done
if wait $!; then
	echo "done"
else
	code=$?
	echo "failed:"
	cat "$log"
	exit $code
fi
