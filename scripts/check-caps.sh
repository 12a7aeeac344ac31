#!/bin/sh
# The caps a tool checks: files of at most 500 lines, functions of at most 60.
# (Parameters and complexity: clang-tidy.)
set -eu
cd "$(dirname "$0")/.."
bad=0
for file in src/*/*.[ch] src/*.c tools/*.c bench/*.[ch] bench/*/*.c tests/*/*.[ch] tests/*/*/*.c; do
	[ -f "$file" ] || continue
	lines=$(wc -l <"$file")
	if [ "$lines" -gt 500 ]; then
		echo "$file: $lines lines; at most 500: move a concept out" >&2
		bad=1
	fi
	# A function's body runs from a line that is "{" to the next line that is "}".
	awk -v file="$file" '
		/^{/ { start = NR }
		/^}/ { if (start && NR - start - 1 > 60) {
				printf "%s:%d: a function of %d lines; at most 60\n",
					file, start, NR - start - 1
				bad = 1
			}
			start = 0 }
		END { exit bad }' "$file" >&2 || bad=1
done
# What writes a NUL that nobody asked for, and no sanitizer watches.
if grep -nE '\b(stpcpy|stpncpy|mempcpy|strcpy|strcat|sprintf|vsprintf)\(' src/*/*.[ch] src/*.c; then
	echo "write memcpy, or snprintf" >&2
	bad=1
fi
exit $bad
