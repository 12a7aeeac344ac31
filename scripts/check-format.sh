#!/bin/sh
# clang-format decides layout; this prints what differs. `check-format.sh --fix` mends.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null ||
	find src tests tools bench -name '*.[ch]' -not -path '*/node_modules/*')
if [ "${1:-}" = --fix ]; then
	# shellcheck disable=SC2086 # a list of files
	exec clang-format -i $files
fi
# shellcheck disable=SC2086
exec clang-format --dry-run -Werror $files
