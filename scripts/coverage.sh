#!/bin/bash
# Which lines of src/ the unit, e2e and abuse tests run: builds the preset `coverage`, runs them,
# and prints a table of folders and the files below 70 % (in Markdown, for
# CONTRIBUTING.md). Needs gcov, which comes with gcc. A process that a signal kills writes
# no counts: host/crash.c and the like look worse here than they are.
set -eu
cd "$(dirname "$0")/.."
build=build/coverage
log=build/coverage.log
mkdir -p build
{
	cmake --preset coverage && cmake --build --preset coverage -j"$(nproc)"
} >"$log" 2>&1 || {
	tail -40 "$log"
	exit 1
}
find "$build" -name '*.gcda' -delete
failed=0
scripts/run-tests.sh "$build" unit e2e abuse >&2 || failed=1

# gcov says "File 'PATH'", then "Lines executed:93.10% of 87".
find "$build" -path '*/oh_*.dir/src/*' -name '*.gcno' -print0 |
	xargs -0 gcov -n 2>>"$log" |
	awk -v root="$PWD/src/" '
		/^File / { file = substr($0, 7, length($0) - 7) }
		/^Lines executed:/ && index(file, root) == 1 && file ~ /\.c$/ {
			split($2, number, /[:%]/)
			printf "%s %d %d\n", substr(file, length(root) + 1), $4,
				number[2] * $4 / 100 + 0.5
		}
		/^Lines executed:/ { file = "" }' | sort -u >"$build/coverage.txt"

awk '
	function row(name, lines, hit) {
		printf "| %s | %d | %.1f %% |\n", name, lines, 100 * hit / lines
	}
	{ folder = $1
	  if (!sub(/\/.*/, "", folder)) folder = "src/*.c"
	  if (!(folder in lines)) order[++folders] = folder
	  lines[folder] += $2; hit[folder] += $3; all += $2; ran += $3
	  if ($3 < 0.7 * $2) bad[++count] = $0 }
	END {
		print "| folder | lines | run |\n|---|---|---|"
		for (i = 1; i <= folders; i++)
			row(order[i], lines[order[i]], hit[order[i]])
		row("all", all, ran)
		print "\n| file below 70 % | lines | run |\n|---|---|---|"
		for (i = 1; i <= count; i++) {
			split(bad[i], word, " ")
			row(word[1], word[2], word[3])
		}
	}' "$build/coverage.txt"
exit $failed
