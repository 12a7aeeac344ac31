#!/bin/sh
# The man pages lint clean.
set -eu
cd "$(dirname "$0")/.."
for page in man/*.[1-9]; do
	mandoc -Tlint -W warning "$page"
done
