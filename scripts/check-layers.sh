#!/bin/sh
# Which folder of src/ may include which: cli -> app -> {http, jobs, twilio, store} ->
# util, and jobs -> store. http never hears of Twilio, twilio never of a database, store
# never of HTTP. Prints every include that breaks this.
set -eu
cd "$(dirname "$0")/.."

allowed() {
	case $1 in
	util) echo util ;;
	http) echo "http util" ;;
	twilio) echo "twilio util" ;;
	store) echo "store util" ;;
	jobs) echo "jobs store util" ;;
	app) echo "app http jobs twilio store util" ;;
	cli) echo "cli app http jobs twilio store util" ;;
	esac
}

bad=0
for layer in util http twilio store jobs app cli; do
	for other in util http twilio store jobs app cli; do
		case " $(allowed $layer) " in *" $other "*) continue ;; esac
		if grep -n "#include \"$other/" src/$layer/*.[ch] 2>/dev/null; then
			echo "  ^ $layer may not include $other" >&2
			bad=1
		fi
	done
done

# One file, one library: what knows a library's header beyond its own folder.
only() {
	header=$1
	shift
	for file in $(grep -l "#include <$header" src/*/*.[ch] 2>/dev/null || true); do
		case " $* " in
		*" $(dirname "${file#src/}") "*) ;;
		*)
			echo "$file includes <$header>: only for $*" >&2
			bad=1
			;;
		esac
	done
}
only event2/ http
only llhttp http
only sqlite3 store
only libxml/ twilio cli
only curl/ cli app
only pcre2 store
only glib jobs
exit $bad
