#!/bin/sh
# Every check there is, in the order of how fast it fails. Ends with the line
# "N passed, N failed"; exit 1 when anything failed. `check.sh STAGE…` runs some.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build
TALLY=$PWD/build/tally
export TALLY
: >"$TALLY"
jobs=$(nproc)

failures() {
	awk '{ f += $2 } END { print f + 0 }' "$TALLY"
}

# A check that is one test: its output only when it fails.
single() {
	name=$1
	shift
	if "$@" >"build/check-$name.log" 2>&1; then
		echo "1 0" >>"$TALLY"
		echo "$name: ok"
	else
		echo "0 1" >>"$TALLY"
		echo "---- $name failed"
		tail -60 "build/check-$name.log"
	fi
}

build() {
	cmake --preset "$1" && cmake --build --preset "$1" -j"$jobs"
}

stage_style() {
	single layers scripts/check-layers.sh
	single caps scripts/check-caps.sh
	single format scripts/check-format.sh
	single shell scripts/check-shell.sh
	single man scripts/check-man.sh
	single faults scripts/check-faults.sh
}

stage_gcc() {
	single build-gcc build dev
	single layers-linked scripts/check-layers.sh build/dev
	single header scripts/check-header.sh build/dev
	single man3 scripts/check-man.sh build/dev/generated
	single unit scripts/check-unit.sh build/dev/offhook
	scripts/run-tests.sh build/dev unit e2e abuse fuzz
}

stage_clang() {
	single build-clang build clang
}

stage_tidy() {
	single tidy scripts/check-tidy.sh
}

stage_asan() {
	single build-asan build asan
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 \
		scripts/run-tests.sh build/asan unit e2e abuse fuzz
}

stage_tsan() {
	single build-tsan build tsan
	TSAN_OPTIONS="second_deadlock_stack=1 suppressions=$PWD/tests/tsan.supp" \
		scripts/run-tests.sh build/tsan unit e2e abuse
}

stage_sdk() {
	scripts/check-sdk.sh
}

# Each with how long it goes on: rounds, cuts, tens of crashes, or seconds.
stage_crash() {
	for program in "server ${ROUNDS:-50}" "store ${ROUNDS:-50}" \
		"power ${CUTS:-15}" "jobs ${ROUNDS:-50}" "handlers ${ROUNDS:-50}" "rogues 3"; do
		# shellcheck disable=SC2086 # a name and a number
		build/dev/tests/crash/crash_$program >build/crash.tap 2>build/crash.err || {
			tail -40 build/crash.tap build/crash.err
		}
		echo "$(grep -c '^ok ' build/crash.tap) $(grep -c '^not ok ' build/crash.tap)" \
			>>"$TALLY"
		grep -q '^ok ' build/crash.tap || echo "0 1" >>"$TALLY"
		tail -1 build/crash.tap
	done
}

stage_fuzz() {
	scripts/fuzz.sh "${FUZZ_SECONDS:-4}"
}

stage_install() {
	single install scripts/check-install.sh
}

stage_deb() {
	if [ "$(id -u)" -ne 0 ] || ! command -v mmdebstrap >/dev/null 2>&1; then
		echo "deb: skipped: it needs root and mmdebstrap"
	else
		single deb scripts/check-deb.sh
	fi
}

# A check that may have nothing to check with here: it says what it skipped.
perhaps() {
	name=$1
	shift
	"$@" >"build/check-$name.out" 2>&1
	code=$?
	grep skipped "build/check-$name.out"
	[ $code -eq 77 ] || single "$name" sh -c "cat build/check-$name.out; exit $code"
}

# The build that stage_deb has checked, if it has.
packages() {
	[ ! -x build/package/examples/queue ] || echo build/package
}

stage_service() {
	# shellcheck disable=SC2046 # none or one
	perhaps service scripts/check-service.sh $(packages)
}

stage_image() {
	# shellcheck disable=SC2046
	perhaps image scripts/build-image.sh --check $(packages)
}

stage_proxies() {
	perhaps proxies scripts/check-proxies.sh
}

[ $# -gt 0 ] || set -- style gcc clang tidy asan tsan sdk crash fuzz install deb service image proxies
for stage in "$@"; do
	started=$(date +%s)
	echo "== $stage"
	before=$(failures)
	# A stage that broke off without saying what failed has failed all the same.
	if ! "stage_$stage" && [ "$(failures)" -eq "$before" ]; then
		echo "---- $stage broke off"
		echo "0 1" >>"$TALLY"
	fi
	echo "== $stage took $(($(date +%s) - started)) s"
done

awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit f > 0 || p == 0 }' \
	"$TALLY"
