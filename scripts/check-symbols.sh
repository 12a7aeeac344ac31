#!/bin/sh
# What the library exports is what offhook.h declares and scripts/symbols.txt lists:
# nothing more, since others could come to rely on it, and nothing less, since programs
# already do. `check-symbols.sh LIB --fix` writes the list.
#   check-symbols.sh BUILD/liboffhook.so.0
set -eu
cd "$(dirname "$0")/.."
library=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL

nm -D --defined-only "$library" | awk '{ print $3 }' | sort >"$work/exported"
if [ "${2:-}" = --fix ]; then
	cp "$work/exported" scripts/symbols.txt
fi
diff -u scripts/symbols.txt "$work/exported" || {
	echo "$library exports something else than scripts/symbols.txt lists" >&2
	exit 1
}

# oh_element_ is what the verbs of offhook_twiml.h call.
{
	sed -n 's/^OH_API .*[ *]\(oh_[a-z_]*\)(.*/\1/p' include/offhook.h
	echo oh_element_
} | sort >"$work/declared"
diff -u "$work/declared" "$work/exported" || {
	echo "$library exports something else than include/offhook.h declares" >&2
	exit 1
}

# In the archive nothing else is global, so that no name of a user's can clash.
archive=$(dirname "$library")/liboffhook.a
if [ -f "$archive" ]; then
	nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort >"$work/global"
	diff -u scripts/symbols.txt "$work/global" || {
		echo "$archive has other global names" >&2
		exit 1
	}
fi
soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
[ "$soname" = liboffhook.so.0 ] || {
	echo "$library has the soname $soname" >&2
	exit 1
}
