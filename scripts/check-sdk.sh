#!/bin/sh
# The official twilio npm package as judge of our signatures. Node.js is used here and
# in the benchmarks only.
set -eu
cd "$(dirname "$0")/.."
(cd tests/node && npm ci --no-audit --no-fund --loglevel=error >/dev/null) || {
	echo "npm could not install the official twilio package (see above)"
	exit 1
}
out=build/sdk.tap
code=0
VERDICT=build/dev/tests/verdict node tests/node/differential.mjs >$out 2>&1 || code=$?
OFFHOOK=$PWD/build/dev/offhook node tests/node/serve.mjs >>$out 2>&1 || code=$?
passed=$(grep -c '^ok ' $out || true)
failed=$(grep -c '^not ok ' $out || true)
if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
[ "$failed" -eq 0 ] || tail -40 $out
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
echo "sdk: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
