#!/bin/bash
# Runs the test programs of a build directory: run-tests.sh DIR KIND... (unit, e2e,
# abuse, crash, fuzz for the replay of corpora). Prints what failed, and appends one line
# "PASSED FAILED" to the file named by $TALLY, if set. Exit 1 when anything failed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$1
shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

one() {
	program=$1
	name=$(basename "$program")
	corpus=
	case $name in fuzz_*) corpus=$root/tests/fuzz/corpus/$name ;; esac
	name=$(basename "$(dirname "$program")")-$name
	code=0
	# shellcheck disable=SC2086 # empty when there is none
	CMOCKA_MESSAGE_OUTPUT=TAP timeout 600 "$program" $corpus \
		>"$out/$name.tap" 2>"$out/$name.err" || code=$?
	passed=$(grep -c '^ok ' "$out/$name.tap" || true)
	# cmocka writes a skipped test as "not ok N # SKIP name".
	failed=$(grep '^not ok ' "$out/$name.tap" | grep -vc '# SKIP' || true)
	# One that stops half-way has failed, however many of its tests passed.
	if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
	if [ "$code" -eq 0 ] && [ "$passed" -eq 0 ]; then failed=1; fi
	echo "$passed $failed $name" >"$out/$name.count"
	if [ "$failed" -ne 0 ]; then
		echo "---- $name failed (exit $code)"
		grep -v '^ok ' "$out/$name.tap" | tail -60 || true
		tail -60 "$out/$name.err"
	fi
}

running=0
for kind in "$@"; do
	for program in "$build/tests/$kind"/*; do
		[ -x "$program" ] && [ -f "$program" ] || continue
		one "$program" &
		running=$((running + 1))
		if [ "$running" -ge "${PARALLEL:-3}" ]; then
			wait -n
			running=$((running - 1))
		fi
	done
done
wait
cat "$out"/*.count 2>/dev/null | awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }' >"$out/sum"
read -r passed failed <"$out/sum"
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
echo "$build: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
