#!/bin/bash
# Fuzzes every target for some seconds each, from its corpus. What is found is left in
# build/fuzz/findings. Appends "PASSED FAILED" to $TALLY, if set.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target tests_all -j"$(nproc)" >build/fuzz/build.log 2>&1 || {
	tail -40 build/fuzz/build.log
	exit 1
}
mkdir -p build/fuzz/findings
one() {
	name=$(basename "$1")
	mkdir -p "build/fuzz/work/$name"
	if "$1" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -verbosity=0 \
		-print_final_stats=0 -artifact_prefix="build/fuzz/findings/$name-" \
		"build/fuzz/work/$name" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1; then
		echo "ok $name" >"build/fuzz/$name.result"
	else
		echo "not ok $name" >"build/fuzz/$name.result"
		echo "---- $name found something (build/fuzz/findings):"
		tail -30 "build/fuzz/$name.log"
	fi
}
rm -f build/fuzz/*.result
running=0
for program in build/fuzz/tests/fuzz/fuzz_*; do
	[ -x "$program" ] || continue
	one "$program" &
	running=$((running + 1))
	if [ "$running" -ge "$(nproc)" ]; then
		wait -n
		running=$((running - 1))
	fi
done
wait
passed=$(cat build/fuzz/*.result | grep -c '^ok ' || true)
failed=$(cat build/fuzz/*.result | grep -c '^not ok ' || true)
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
echo "fuzz: $passed targets passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
