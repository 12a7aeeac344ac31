#!/bin/sh
# src/layers.txt says which folder of src/ may include which. Prints every #include and
# every call that breaks it, a table that allows a circle, and files of different folders
# that need each other.
#   check-layers.sh [BUILD]   BUILD has the folders' libraries (liboh_NAME.a); without
#                             it only the includes are looked at
set -eu
cd "$(dirname "$0")/.."
build=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# "folder other" for all that is allowed.
sed -n 's/^\([a-z]*\): *\(.*\)/\1 \2/p' src/layers.txt |
	awk '{ print $1, $1; for (i = 2; i <= NF; i++) print $1, $i }' >"$work/allowed"

for folder in src/*/; do
	name=$(basename "$folder")
	grep -q "^$name $name\$" "$work/allowed" || {
		echo "src/$name is not in src/layers.txt" >&2
		bad=1
	}
done
awk '$1 != $2' "$work/allowed" | tsort >/dev/null 2>"$work/circles" || true
if [ -s "$work/circles" ]; then
	echo "src/layers.txt allows a circle:" >&2
	cat "$work/circles" >&2
	bad=1
fi

# Edges "from-file to-file" between files, from a folder to another.
grep -Hn '^#include "[a-z]*/' src/*/*.[ch] |
	sed 's|^src/\([^:]*\):[0-9]*:#include "\([^"]*\)".*|\1 \2|' >"$work/edges"
if [ -n "$build" ]; then
	for archive in "$build"/liboh_*.a; do
		folder=$(basename "$archive" .a)
		folder=${folder#liboh_}
		[ -d "src/$folder" ] || continue
		nm -A "$archive" | sed "s|^[^:]*:\([^:]*\)\.o:|$folder/\1 |"
	done >"$work/symbols"
	awk 'NF == 4 && $3 ~ /^[TDBRVWGSC]$/ { home[$4] = $1; next }
		{ line[++n] = $0 }
		END { for (i = 1; i <= n; i++) {
			split(line[i], w, " ")
			if (w[2] == "U" && (w[3] in home)) print w[1], home[w[3]], w[3]
		} }' "$work/symbols" >>"$work/edges"
fi

awk -v allowed="$work/allowed" '
	BEGIN { while ((getline line < allowed) > 0) may[line] = 1 }
	{ split($1, from, "/"); split($2, to, "/")
	  if (!((from[1] " " to[1]) in may)) {
		print $1 " needs " $2 (NF > 2 ? " (" $3 ")" : "") \
			": src/layers.txt forbids it"
		bad = 1
	  } }
	END { exit bad }' "$work/edges" >&2 || bad=1

# Files are the same whether .c or .h: a circle of them may not leave its folder.
sed 's/\.[ch]\b//g' "$work/edges" | awk '$1 != $2 { print $1, $2 }' | sort -u |
	awk '{ split($1, a, "/"); split($2, b, "/"); if (a[1] != b[1]) print }' |
	tsort >/dev/null 2>"$work/circles" || true
if [ -s "$work/circles" ]; then
	echo "files of different folders need each other:" >&2
	cat "$work/circles" >&2
	bad=1
fi

# One library, the folders that know it.
only() {
	header=$1
	shift
	for file in $(grep -l "#include <$header" src/*/*.[ch] 2>/dev/null || true); do
		case " $* " in
		*" $(basename "$(dirname "$file")") "*) ;;
		*)
			echo "$file includes <$header>: only for $*" >&2
			bad=1
			;;
		esac
	done
}
only event2/ http
only llhttp http
only sqlite3 sqlite keys
only libxml/ twilio view
only curl/ client
only openssl/ acme app client http secrets twilio util
only pcre2 query
only glib jobs
# What passes between server and process is not C's alone.
if grep -n '#include "offhook.h"' src/frame/* src/pool/*; then
	echo "frame/ and pool/ may not know offhook.h" >&2
	bad=1
fi
exit $bad
