#!/bin/sh
# clang-tidy over all sources, warnings as errors.
set -eu
cd "$(dirname "$0")/.."
cmake --preset clang >/dev/null
cmake --build --preset clang --target verbs_header >/dev/null
find src tools -name '*.c' -print0 |
	xargs -0 -P"$(nproc)" -n 4 clang-tidy -quiet -p build/clang 2>/dev/null
