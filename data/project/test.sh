#!/bin/sh
# Starts ./app on a free port with a token and data of its own, plays Twilio, checks
# what comes back and what is stored.
set -eu
cd "$(dirname "$0")"
TWILIO_AUTH_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export TWILIO_AUTH_TOKEN
dir=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$dir"' EXIT

: >"$dir/log" # there, also while the server is only about to start
./app serve --listen 127.0.0.1:0 --data "$dir/data" 2>"$dir/log" &
server=$!
address=
tries=0
while [ -z "$address" ] && [ "$tries" -lt 100 ]; do
	sleep 0.1
	tries=$((tries + 1))
	address=$(sed -n 's|.*listening on http://\([^"]*\).*|\1|p' "$dir/log")
done
[ -n "$address" ] || { cat "$dir/log" >&2; exit 1; }

# expect WHAT TEXT: sends it, and TEXT must be in what the phone shows.
expect() {
	what=$1 text=$2
	shift 2
	if ./app send "$what" --url "http://$address" "$@" >"$dir/out" 2>&1 &&
		grep -qF "$text" "$dir/out"; then
		echo "ok   $what: $text"
	else
		echo "FAIL $what: no \"$text\" in"
		cat "$dir/out" "$dir/log"
		exit 1
	fi
}

expect sms "You wrote: Hi & bye" --body "Hi & bye"
expect call "Hello! This is"
[ "$(./app query messages --count --data "$dir/data")" = 1 ]
echo "ok   one message is stored"
