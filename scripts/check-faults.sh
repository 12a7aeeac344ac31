#!/bin/sh
# Each row of docs/faults.md has a test with its number beside it, or says "not mended".
set -eu
cd "$(dirname "$0")/.."
missing=$(awk -F ' *\\| *' '/^\| [0-9]/ && !/\| not mended/ { print $2 }' docs/faults.md |
	while read -r row; do
		section=${row%%.*} number=${row#*.}
		grep -rhoE --include='*.[ch]' "faults [0-9][0-9b., ]*( to [0-9.]+)?" tests |
			awk -v row="$row" -v section="$section" -v number="$number" '
			{ gsub(",", "") }
			$3 == "to" {
				split($2, from, "."); split($4, end, ".")
				if (from[1] == section && number + 0 >= from[2] && number + 0 <= end[2])
					found = 1
			}
			{ for (i = 2; i <= NF; i++) { sub(/\.$/, "", $i); if ($i == row) found = 1 } }
			END { exit !found }' || echo "$row"
	done)
[ -z "$missing" ] || {
	echo "docs/faults.md: no test has its number:" $missing
	exit 1
}
