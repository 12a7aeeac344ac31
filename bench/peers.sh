#!/bin/sh
# Builds the peers, those that can be built here: `peers.sh BUILD-DIRECTORY`. Each that
# cannot is named on stderr, with what installs it, and is left out of the run.
set -u
mkdir -p "$1/bench"
build=$(cd "$1/bench" && pwd) || exit 1
cd "$(dirname "$0")" || exit 1

skipped() {
	echo "bench: $1 is skipped: $2" >&2
}

# quietly NAME FILE COMMAND…: its output only when it fails, and then no FILE.
quietly() {
	name=$1
	file=$2
	shift 2
	"$@" >"$build/peer.log" 2>&1 && return
	tail -20 "$build/peer.log" >&2
	rm -f "$file"
	skipped "$name" 'it could not be built'
}

# From Debian's crates, by Debian's compiler where it is installed.
rust() {
	cargo=$(PATH=/usr/bin:$PATH command -v cargo) || cargo=
	if [ -z "$cargo" ] || ! ls -d /usr/share/cargo/registry/rusqlite-* >/dev/null 2>&1; then
		skipped Rust "apt-get install cargo librust-hyper-dev librust-rusqlite-dev \
librust-tokio-dev librust-hmac-dev librust-sha1-dev librust-base64-dev \
librust-chrono-dev librust-form-urlencoded-dev librust-serde-json-dev libsqlite3-dev"
		return
	fi
	[ ! -x /usr/bin/rustc ] || export RUSTC=/usr/bin/rustc
	quietly Rust "$build/rust" cargo_build
}

cargo_build() {
	(cd rust && CARGO_TARGET_DIR=$build/rust-target "$cargo" build --release --offline) &&
		cp "$build/rust-target/release/offhook-bench-rust" "$build/rust"
}

# From Debian's packages, without modules: nothing is fetched.
go_peer() {
	if ! command -v go >/dev/null 2>&1 ||
		[ ! -d /usr/share/gocode/src/github.com/mattn/go-sqlite3 ]; then
		skipped Go 'apt-get install golang-go golang-github-mattn-go-sqlite3-dev gcc libsqlite3-dev'
		return
	fi
	quietly Go "$build/go" go_build
}

go_build() {
	(cd go && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$build/go-cache GOFLAGS='' \
		go build -tags libsqlite3 -o "$build/go" .)
}

./npm-install.sh express "Express, Twilio's SDK and better-sqlite3" ||
	skipped Express 'npm could not install it'
./npm-install.sh fastify 'Fastify and better-sqlite3' ||
	skipped Fastify 'npm could not install it'
rust
go_peer
