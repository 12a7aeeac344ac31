#!/bin/sh
# src/layers.txt says which folder of src/ may include which. Prints every #include that
# breaks this.
set -eu
cd "$(dirname "$0")/.."

bad=0
while IFS=: read -r folder allowed; do
	case $folder in '#'* | '' | *[!a-z]*) continue ;; esac
	for file in src/"$folder"/*.[ch]; do
		for other in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$file" | sort -u); do
			case " $folder $allowed " in *" $other "*) continue ;; esac
			echo "$file includes a file of $other/: src/layers.txt forbids it" >&2
			bad=1
		done
	done
done <src/layers.txt

# One folder, one library: who knows a library's header beyond its own folders.
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
only curl/ client simulator alert
only pcre2 query
only glib jobs
exit $bad
