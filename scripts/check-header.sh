#!/bin/sh
# offhook.h alone: compiles without a warning as C11, C17, C++17 and C++20 under gcc and clang,
# and lets nothing through that tests/header/bad.txt lists.
#   check-header.sh BUILD-DIRECTORY
set -eu
cd "$(dirname "$0")/.."
generated=$1/generated
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
include="-Iinclude -I$generated $(pkg-config --cflags jansson)"
strict="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wundef -Werror"
bad=0

# must yes|no WHAT COMMAND...
must() {
	wanted=$1
	what=$2
	shift 2
	if "$@" >"$work/out" 2>&1; then result=yes; else result=no; fi
	[ "$result" = "$wanted" ] && return
	bad=1
	if [ "$wanted" = no ]; then echo "compiles: $what"; fi
	cat "$work/out"
}

echo '#include <offhook.h>' >"$work/alone.c"
echo '#include <offhook_twiml.h>' >"$work/twiml.c"
echo '#include <offhook_types.h>' >"$work/types.c"
for name in alone twiml types; do cp "$work/$name.c" "$work/$name.cpp"; done

# shellcheck disable=SC2086 # lists of options
for compiler in gcc clang; do
	for std in c11 c17; do
		for source in "$work/alone.c" "$work/twiml.c" "$work/types.c" tests/header/good.c; do
			must yes "$source" $compiler -std=$std $strict -Wmissing-prototypes \
				-Wstrict-prototypes -Wcast-qual $include -O2 -c "$source" -o "$work/o"
		done
	done
done
# shellcheck disable=SC2086
for compiler in g++ clang++; do
	for std in c++17 c++20; do
		for source in "$work/alone.cpp" "$work/twiml.cpp" "$work/types.cpp" \
			tests/header/good.cpp; do
			must yes "$source" $compiler -std=$std $strict -Wmissing-declarations \
				-Wold-style-cast $include -O2 -c "$source" -o "$work/o"
		done
	done
done

# Without any warning option: these are mistakes, not matters of taste. "ok" lines, which
# must compile, show that it is the mistake that the others fail for.
grep -v '^#' tests/header/bad.txt >"$work/bad.txt"
while read -r wanted language code; do
	compilers="gcc clang"
	if [ "$language" = c++ ]; then compilers="g++ clang++"; fi
	if [ "$wanted" = ok ]; then wanted=yes; else wanted=no; fi
	{
		echo '#include <offhook.h>'
		echo 'int handler(oh_event *event, oh_twiml *reply);'
		echo 'int handler(oh_event *event, oh_twiml *reply) {'
		echo 'oh_job *job = NULL; (void)event; (void)reply; (void)job;'
		echo "$code return 0; }"
	} >"$work/handler"
	for compiler in $compilers; do
		# shellcheck disable=SC2086
		must $wanted "$compiler: $code" $compiler -x "$language" $include \
			-fsyntax-only "$work/handler"
	done
done <"$work/bad.txt"
exit $bad
