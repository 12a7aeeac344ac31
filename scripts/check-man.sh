#!/bin/sh
# The man pages lint clean, those generated at build too: check-man.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
for page in ${1:-man}/*.[1-9]; do
	mandoc -Tlint -W warning "$page"
done
